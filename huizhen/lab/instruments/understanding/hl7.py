"""What an HL7 message says. The specimen of a value is that of its own group, or nobody's.

Some put SPM before its results (OUL^R22), some after them (ORU^R01), and one message may hold a whole run: so a message
is cut into groups first, and nothing is ever taken from another group.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from huizhen.lab.instruments.codecs import hl7
from huizhen.lab.instruments.profile import Profile, Spot
from huizhen.lab.instruments.readings import Kind, Reading, Status, Understood
from huizhen.lab.instruments.understanding.values import is_failure, moment, plain_number, with_power

STARTERS = ("SPM", "SAC", "OBR")
Segments = list[list[str]]
Context = dict[str, list[str]]
First = Callable[[Sequence[Spot], Context], str]


def read(payload: bytes, profile: Profile) -> Understood:
    """All readings of a message, and in codes what could not be understood.

    Problems: `not_hl7`, `no_results`, `no_specimen`, `several_specimens`, `no_test`, `unknown_kind`,
    `unknown_status`, `unknown_charset`.
    """
    try:
        message = hl7.parse(payload, profile.link.get("charset", ""))
    except hl7.NotHL7:
        return Understood(problems=("not_hl7",))
    found: list[Reading] = []
    problems: list[str] = list(message.faults)
    for head, body in split_headers(message.segments):
        _read_one(_Walk(message, profile, found, problems), head, body)
    if not found and not problems:
        problems.append("no_results")
    return Understood(tuple(found), tuple(dict.fromkeys(problems)))


def split_headers(segments: Segments) -> Iterator[tuple[Context, Segments]]:
    """Each message of a batch in one block: its header, and what follows it."""
    body: Segments = []
    head: Context = {}
    for segment in segments:
        if segment[0] == "MSH":
            if head:
                yield head, body
            head, body = {"MSH": segment}, []
        elif segment[0] not in ("FHS", "BHS", "BTS", "FTS"):
            body.append(segment)
    if head:
        yield head, body


def groups(body: Segments) -> Iterator[Segments]:
    """What belongs to one specimen: from one SPM to the next, or one SAC, or one OBR, whichever comes first at all."""
    starter = next((segment[0] for segment in body if segment[0] in STARTERS), "")
    number = 0

    def place(segment: list[str]) -> int:
        nonlocal number
        number += segment[0] == starter
        return number

    for _, group in groupby(body, key=place):
        yield list(group)


class _Walk:
    """One message being read: where the results go, and what the profile says."""

    def __init__(self, message: hl7.Message, profile: Profile, found: list[Reading], problems: list[str]) -> None:
        self.message, self.profile, self.found, self.problems = message, profile, found, problems

    def first(self, spots: Sequence[Spot], context: Context) -> str:
        """The first of these places that holds something."""
        separators = self.message.separators
        for spot in spots:
            segment = context.get(spot.segment)
            if segment is not None and spot.number < len(segment) and segment[spot.number]:
                text = hl7.part(segment[spot.number], separators, spot.component, spot.sub).strip()
                if text and text not in self.profile.unset:
                    return text
        return ""


def _read_one(walk: _Walk, head: Context, body: Segments) -> None:
    shared = dict(head)
    for group in groups(body):
        if not any(segment[0] in STARTERS or segment[0] == "OBX" for segment in group):
            shared |= {segment[0]: segment for segment in group}
            continue
        _read_group(walk, shared, group)


def _read_group(walk: _Walk, shared: Context, group: Segments) -> None:
    context = dict(shared)
    for segment in group:
        context.setdefault(segment[0], segment)
    context.pop("NTE", None)
    specimen = _specimen(walk, context, group)
    kind = _kind(walk, context)
    empty_order: list[str] | None = None
    for place, segment in enumerate(group):
        name = segment[0]
        context[name] = segment
        if name == "SAC":
            specimen = _specimen(walk, context, group)
        elif name == "OBR":
            _note_failed_order(walk, context, empty_order, specimen, kind)
            specimen, empty_order = _specimen(walk, context, group), segment
        elif name == "OBX":
            empty_order = None
            _read_value(walk, context, group, place, specimen, kind)
    _note_failed_order(walk, context, empty_order, specimen, kind)


def _specimen(walk: _Walk, context: Context, group: Segments) -> str:
    """The group's own specimen; empty where it names none, or more than one that differ."""
    ids = {walk.first(walk.profile.specimen, {"SPM": segment}) for segment in group if segment[0] == "SPM"} - {""}
    if len(ids) > 1:
        walk.problems.append("several_specimens")
        return ""
    return walk.first(walk.profile.specimen, context)


def _kind(walk: _Walk, context: Context) -> Kind:
    for rule in walk.profile.kinds:
        text = walk.first((rule.spot,), context)
        if text in rule.calibration:
            return Kind.CALIBRATION
        if text in rule.control:
            return Kind.CONTROL
        if rule.patient is not None and text not in rule.patient:
            walk.problems.append("unknown_kind")
            return Kind.CONTROL
    return Kind.PATIENT


def _read_value(walk: _Walk, context: Context, group: Segments, place: int, specimen: str, kind: Kind) -> None:
    profile, segment = walk.profile, group[place]
    if walk.message.raw(segment, 2) in profile.skipped_types:
        return
    test = test_of(walk.first, profile, context)
    if profile.skips(test):
        return
    if not test:
        walk.problems.append("no_test")
        return
    value, unit = unfold(profile, walk.first(profile.value, context), _unit(walk, context))
    flags = _flags(walk, context)
    status = _status(walk, context, value)
    if not value and status is not Status.FAILED and not flags:
        if not profile.keeps_empty:
            return
        status = Status.FAILED
    if not specimen and kind is Kind.PATIENT:
        walk.problems.append("no_specimen")
    reason = _comments(walk, group, place) or value if status is Status.FAILED else ""
    if kind is Kind.CONTROL and status is not Status.FAILED:  # a device's own word that its control failed
        reason = " ".join(filter(None, (_remarks(walk, group, place), _comments(walk, group, place))))
    walk.found.append(Reading(
        specimen, test, walk.first(profile.names, context), value, unit, flags, status, kind, reason,
        moment(walk.first(profile.measured, context), profile.zone),
    ))  # fmt: skip


def test_of(first: First, profile: Profile, context: Context) -> str:
    """The test's code: the first place that holds one, or all that do, joined by a point."""
    if not profile.joins:
        found = first(profile.test, context)
    else:
        found = ".".join(filter(None, (first((one,), context) for one in profile.test)))
    return found.strip(profile.test_strip) if profile.test_strip else found


def unfold(profile: Profile, value: str, unit: str) -> tuple[str, str]:
    """Value and unit in plain form: the power of ten put in, separators of numbers made plain."""
    value = plain_number(value, profile.decimal, profile.thousands)
    return with_power(value, unit) if profile.has_power else (value, unit)


def _unit(walk: _Walk, context: Context) -> str:
    """The unit; with its other parts where a power of ten may stand before it, as in `10^5^copies/mL`."""
    if not walk.profile.has_power:
        return walk.first(walk.profile.unit, context)
    for spot in walk.profile.unit:
        raw = walk.message.raw(context.get(spot.segment, []), spot.number)
        if raw:
            return "^".join(component[0] for component in hl7.split(raw, walk.message.separators)[0])
    return ""


def _flags(walk: _Walk, context: Context) -> tuple[str, ...]:
    separators, found = walk.message.separators, []
    for spot in walk.profile.flags:
        raw = walk.message.raw(context.get(spot.segment, []), spot.number)
        for one in raw.split(separators.repetition) if raw else ():
            text = hl7.part(one, separators, spot.component, spot.sub).strip()
            if text and text not in walk.profile.unflagged:
                found.append(text)
    return tuple(found)


def _status(walk: _Walk, context: Context, value: str) -> Status:
    code = walk.first(walk.profile.status, context)
    word = walk.profile.statuses.get(code, "")
    if not word:
        walk.problems.append("unknown_status")
        word = "preliminary"
    return Status.FAILED if is_failure(value, walk.profile.failures) else Status(word)


def _comments(walk: _Walk, group: Segments, place: int) -> str:
    said = []
    for segment in group[place + 1 :]:
        if segment[0] != "NTE":
            break
        said.append(walk.message.text(segment, 3).strip())
    return " ".join(filter(None, said))


def _remarks(walk: _Walk, group: Segments, place: int) -> str:
    """What is said of the order or the specimen, before its values."""
    said, is_of_value = [], False
    for segment in group[:place]:
        if segment[0] == "NTE" and not is_of_value:
            said.append(walk.message.text(segment, 3).strip())
        elif segment[0] != "NTE":
            is_of_value = segment[0] == "OBX"
    return " ".join(filter(None, said))


def _note_failed_order(walk: _Walk, context: Context, order: list[str] | None, specimen: str, kind: Kind) -> None:
    """An order marked as failed (OBR-25 `X`) that has no values is a result of its own: the test gave nothing."""
    if order is None or walk.message.raw(order, 25) != "X":
        return
    code, name = walk.message.text(order, 4), walk.message.text(order, 4, 2)
    walk.found.append(Reading(specimen, code, name, status=Status.FAILED, kind=kind))
