"""What an ASTM message says: results under their order, orders under their patient."""

from collections.abc import Sequence

from huizhen.lab.instruments.codecs import astm_records
from huizhen.lab.instruments.profile import Profile, Spot
from huizhen.lab.instruments.readings import Kind, Reading, Status, Understood
from huizhen.lab.instruments.understanding.hl7 import test_of, unfold
from huizhen.lab.instruments.understanding.values import is_failure, moment

Record = list[str]


def read(payload: bytes, profile: Profile) -> Understood:
    """All readings of a message, and in codes what could not be understood.

    Problems: `not_astm`, `no_results`, `no_specimen`, `no_test`, `unknown_kind`, `unknown_status`, `unknown_charset`.
    """
    try:
        message = astm_records.parse(payload, profile.link.get("charset", ""))
    except astm_records.NotASTM:
        return Understood(problems=("not_astm",))
    walk = _Walk(message, profile)
    for record in message.records:
        walk.take(record)
    walk.end_order()
    if not walk.found and not walk.problems:
        walk.problems.append("no_results")
    return Understood(tuple(walk.found), tuple(dict.fromkeys(walk.problems)))


class _Walk:
    """Goes through the records once; a result is finished when its comments are over."""

    def __init__(self, message: astm_records.Message, profile: Profile) -> None:
        self.message, self.profile = message, profile
        self.found: list[Reading] = []
        self.problems: list[str] = list(message.faults)
        self.context: dict[str, Record] = {}
        self.result: Record | None = None
        self.comments: list[Record] = []
        self.remarks: list[Record] = []  # said of the order, before its results
        self.has_results = False

    def take(self, record: Record) -> None:
        """The next record."""
        letter = record[0]
        if letter == "C":
            self.comments.append(record)
            if self.result is None and not self.has_results:
                self.remarks.append(record)
            return
        if letter == "M":  # the maker's own, between a result and the next; holds no result
            return
        self.end_result()
        if letter in "HPL":
            self.end_order()
        if letter == "O":
            self.end_order()
            self.has_results = False
        if letter in "HPO":
            self.remarks = []
            self.context = {key: self.context[key] for key in "HP"[: "HPO".index(letter)] if key in self.context}
            self.context[letter] = record
        elif letter == "R":
            self.result, self.has_results = record, True
        self.comments = []

    def end_result(self) -> None:
        """Turn the result that stands open into a reading."""
        record, self.result = self.result, None
        if record is not None:
            self.context["R"] = record
            self._read()
            del self.context["R"]

    def end_order(self) -> None:
        """An order marked as failed (O-26 `X`) without results: each of its tests was tried and gave nothing."""
        self.end_result()
        order = self.context.get("O")
        if order is None or self.has_results or self.message.raw(order, 26) != "X":
            return
        marks = self.message.delimiters
        for one in self.message.raw(order, 5).split(marks.repeat):
            stand_in = ["R", "", one]
            test = test_of(self.first, self.profile, {**self.context, "R": stand_in})
            if test:
                self._add(test, Status.FAILED, "", "", (), self._comment())
        self.has_results = True

    # --- one result ----------------------------------------------------------------------------------------------
    def first(self, spots: Sequence[Spot], context: dict[str, Record]) -> str:
        """The first of these places that holds something."""
        for spot in spots:
            record = context.get(spot.segment)
            if record is not None and spot.number <= len(record) and record[spot.number - 1]:
                text = astm_records.part(record[spot.number - 1], self.message.delimiters, spot.component).strip()
                if text and text not in self.profile.unset:
                    return text
        return ""

    def _read(self) -> None:
        profile = self.profile
        test = test_of(self.first, profile, self.context)
        code = self.first(profile.status, self.context)
        if profile.skips(test) or (profile.needs_status and not code):
            return
        if not test:
            self.problems.append("no_test")
            return
        value, unit = self.first(profile.value, self.context), self.first(profile.unit, self.context)
        value, unit = unfold(profile, value, unit)
        flags = self._flags(code)
        status = self._status(code, value)
        if not value and status is not Status.FAILED and not flags:
            if not profile.keeps_empty:
                return
            status = Status.FAILED
        reason = (self._comment() or value) if status is Status.FAILED else ""
        self._add(test, status, value, unit, flags, reason)

    def _add(self, test: str, status: Status, value: str, unit: str, flags: tuple[str, ...], reason: str) -> None:
        specimen, kind = self.first(self.profile.specimen, self.context), self._kind()
        if kind is Kind.CONTROL and status is not Status.FAILED:  # a device's own word that its control failed
            reason = self._comment([*self.remarks, *self.comments])
        if not specimen and kind is Kind.PATIENT:
            self.problems.append("no_specimen")
        self.found.append(Reading(
            specimen, test, self.first(self.profile.names, self.context), value, unit, flags, status, kind, reason,
            moment(self.first(self.profile.measured, self.context), self.profile.zone),
        ))  # fmt: skip

    def _flags(self, code: str) -> tuple[str, ...]:
        marks, found = self.message.delimiters, []
        for spot in self.profile.flags:
            raw = self.message.raw(self.context.get(spot.segment, []), spot.number)
            found += [astm_records.part(one, marks, spot.component).strip() for one in raw.split(marks.repeat)]
        if self.profile.flags_in_comments:
            found += [self.message.text(comment, 4).strip() for comment in self.comments]
        found += ["W"] if code == "W" else []
        return tuple(flag for flag in found if flag and flag not in self.profile.unflagged)

    def _status(self, code: str, value: str) -> Status:
        word = self.profile.statuses.get(code, "")
        if not word:
            self.problems.append("unknown_status")
            word = "preliminary"
        return Status.FAILED if is_failure(value, self.profile.failures) else Status(word)

    def _kind(self) -> Kind:
        for rule in self.profile.kinds:
            text = self.first((rule.spot,), self.context)
            if text in rule.calibration:
                return Kind.CALIBRATION
            if text in rule.control:
                return Kind.CONTROL
            if rule.patient is not None and text not in rule.patient:
                self.problems.append("unknown_kind")
                return Kind.CONTROL
        return Kind.PATIENT

    def _comment(self, comments: Sequence[Record] | None = None) -> str:
        said = []
        for comment in self.comments if comments is None else comments:
            raw = self.message.raw(comment, 4)
            parts = [part for one in astm_records.split(raw, self.message.delimiters) for part in one]
            said.append(" ".join(part.strip() for part in parts if part.strip()))
        return " ".join(filter(None, said))
