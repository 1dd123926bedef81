"""The judgement on one reading: what it says, and whether rules alone may release it. Pure: no database, no clock."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from huizhen.lab.catalogue.rules import (
    Assay,
    choose_span,
    common_limits,
    is_leap,
    is_plausible,
    place,
    read_number,
    read_presence,
)
from huizhen.lab.instruments.readings import Reading, Status

NEGATIVE, POSITIVE, GREY, UNRANGED, WORDS = 1, 2, 3, 15, 16
WITHDRAWN = 90
# What a tube that holds several persons may say to all of them: everything else is somebody's, and nobody knows whose.
SHARED = frozenset({NEGATIVE, WITHDRAWN})
PRESENCE = {"negative": NEGATIVE, "positive": POSITIVE, "grey": GREY}
PLACES = {"normal": 10, "low": 11, "high": 12, "critical_low": 13, "critical_high": 14, "unranged": UNRANGED}
CRITICAL = frozenset({13, 14})
# How far apart two specimens of one person may be taken and still say the same. A virus does not come and go in half a
# day; glucose does within hours. Words are read by somebody anyway.
SAME_TIME = {"presence": timedelta(hours=12), "quantity": timedelta(hours=1)}
LONGEST_SAME_TIME = max(SAME_TIME.values())
# Where the catalogue has no delta rule for a number.
APART_PERCENT = 20
# What stands somewhere or may come to stand: withheld and rejected values contradict nobody.
COUNTS = frozenset({"released", "review"})
# What is doubted about a run, not about its value: another reading of the same value may settle it.
RUN_DOUBTS = frozenset({"preliminary", "control"})
# What a version stands against, whatever the run: a further reading of the same value does not settle it.
COMPARED = frozenset({"conflict", "correction", "rejected_before"})
# Why a reading cannot become an observation.
HELD = ("no_specimen", "unknown_specimen", "foreign_specimen", "unknown_code", "failed", "voided")
# A device's own word that its control failed, in a comment or a flag.
OUT_OF_CONTROL = re.compile(
    r"(control|qc)[ _-]*(has[ _-]*)?fail|out[ _-]*of[ _-]*(control|tolerance)|above[ _-]*tolerance|below[ _-]*tolerance"
    r"|失控|质控(失败|不合格|未通过|不通过)",
    re.IGNORECASE,
)
# How far an instrument's clock may stand behind ours.
CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True)
class Known:
    """What is known about the tube and its person before the reading is judged."""

    capacity: int
    is_ordered: bool
    collected_at: datetime
    sex: str = ""
    age_days: int | None = None
    previous: Decimal | None = None
    control_ok: bool = True


@dataclass(frozen=True)
class Judgement:
    """`status` as in `models.Status`; `reasons` are codes of what keeps it from being released by rules alone."""

    value: str
    finding: int
    status: str
    reasons: tuple[str, ...] = ()


def hold(reading: Reading, *, is_known: bool, is_voided: bool, has_test: bool) -> str:
    """Why the reading cannot become an observation, or empty. A failure is said before anything else: it is an
    instrument's way of asking for a new run."""
    if not reading.specimen:
        return "no_specimen"
    if not is_known:
        return "unknown_specimen"
    if not has_test:
        return "unknown_code"
    if is_voided:
        return "voided"
    failed = reading.status is Status.FAILED or read_presence(reading.value) == "invalid"
    return "failed" if failed or not reading.value.strip() else ""


def judge(test: Assay, reading: Reading, unit: str, factor: Decimal, known: Known) -> Judgement:
    """Judge a patient's reading of a test that was found in the catalogue; `unit` is the one it is expected in."""
    reasons = _doubts(test, reading, known)
    if test.kind == "presence":
        return _judge_presence(reading, known, reasons, auto=test.auto_release)
    if known.capacity > 1:
        reasons.append("pooled_quantity")
    if test.kind == "text":
        return Judgement(reading.value, WORDS, "review", (*reasons, "words"))
    read = read_number(reading.value)
    if read is None:
        return Judgement(reading.value, WORDS, "review", (*reasons, "unreadable"))
    return _judge_number(test, reading, unit, read[0] * factor, read[1], known, reasons)


def _doubts(test: Assay, reading: Reading, known: Known) -> list[str]:
    measured = reading.measured_at
    found = {
        "not_ordered": not known.is_ordered,
        "control": not known.control_ok,
        "preliminary": reading.status is Status.PRELIMINARY,
        "before_collection": measured is not None and measured < known.collected_at - CLOCK_SKEW,
        "by_hand": not test.auto_release,
    }
    return [code for code, holds in found.items() if holds]


def _judge_presence(reading: Reading, known: Known, reasons: list[str], *, auto: bool) -> Judgement:
    meaning = read_presence(reading.value)
    if meaning not in PRESENCE:
        return Judgement(reading.value, WORDS, "review", (*reasons, "unreadable"))
    finding = PRESENCE[meaning]
    if finding != NEGATIVE and known.capacity > 1:
        return Judgement(meaning, finding, "withheld", (*reasons, meaning))
    if finding != NEGATIVE:
        reasons.append(meaning)
    return Judgement(meaning, finding, "review" if reasons else "released", tuple(reasons))


def _judge_number(
    test: Assay, reading: Reading, unit: str, number: Decimal, sign: str, known: Known, reasons: list[str]
) -> Judgement:
    finding = find_place(test, number, known.sex, known.age_days)
    if known.capacity == 1 and is_unranged(test, known.sex, known.age_days):
        reasons.append("unranged")
    if reading.unit and not same_unit(reading.unit, unit or test.unit):
        reasons.append("unit")
    if not is_plausible(test, number):
        reasons.append("implausible")
    if known.previous is not None and is_leap(test, known.previous, number):
        reasons.append("delta")
    if finding in CRITICAL:
        reasons.append("critical")
    return Judgement(sign + write_number(number), finding, "review" if reasons else "released", tuple(reasons))


def is_unranged(test: Assay, sex: str, age_days: int | None) -> bool:
    """Whether an item has ranges, and none of them is this person's."""
    return bool(test.spans) and choose_span(test.spans, sex, age_days) is None


def find_place(test: Assay, number: Decimal, sex: str, age_days: int | None) -> int:
    """Where a number lies for a person. Who has no range is judged by the critical limits that hold for everybody:
    what lies beyond those of every range is critical, whoever it is."""
    span = choose_span(test.spans, sex, age_days)
    if span:
        return PLACES[place(number, span.limits)]
    finding = PLACES[place(number, common_limits(test.spans))]
    return finding if finding in CRITICAL else UNRANGED


def write_number(number: Decimal) -> str:
    """A number without trailing zeros and without an exponent."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def same_unit(sent: str, ours: str) -> bool:
    """Whether two ways of writing mean the same unit: 10^9/L, 10*9/L, x10E9/L."""
    return _plain_unit(sent) == _plain_unit(ours)


def _plain_unit(text: str) -> str:
    """10⁹ is written 10^9, 10*9, 10E9 or x10^9; the micro sign as µ, μ or u; per mL as /ml."""
    plain = text.split("^")[0] if text.count("^") > 1 else text
    for old, new in (
        ("\u03bc", "u"),
        ("\u00b5", "u"),
        ("^", "*"),
        ("**", "*"),
        ("10E", "10*"),
        ("10e", "10*"),
        (" ", ""),
    ):
        plain = plain.replace(old, new)
    return plain.removeprefix("x").removeprefix("X").lower()


def is_in_control(reading: Reading, low: Decimal | None, high: Decimal | None, presence: str) -> bool:
    """Whether a control gave what its target says; without any target it only must not have failed. What the device
    says of it counts before all: it knows targets that nobody has entered here."""
    meaning = read_presence(reading.value)
    if reading.status is Status.FAILED or meaning == "invalid":
        return False
    if any(OUT_OF_CONTROL.search(said) for said in (reading.reason, *reading.flags)):
        return False
    if presence:
        return meaning == presence
    read = read_number(reading.value)
    if low is None and high is None:
        return True
    return read is not None and (low is None or read[0] >= low) and (high is None or read[0] <= high)


def choose_version(previous: "Previous | None", judged: Judgement, run: "Run", status: Status) -> str:
    """What a further reading of the same item and tube is: `first`, `repeat` (says the same), `again` (the same value,
    of a new run after it was rejected), `settled` (the same, and what was doubted about the run is not any more: it was
    preliminary, its control had failed), `correction` (the instrument says so, or the value before was withdrawn),
    `conflict` (two values for one thing, and nobody says which is right)."""
    if previous is None:
        return "first"
    if previous.value == judged.value:
        if previous.status == "rejected":
            return "repeat" if run.is_same(previous.run) else "again"
        doubted = RUN_DOUBTS.intersection(previous.reasons).difference(judged.reasons)
        return "settled" if previous.status == "review" and doubted else "repeat"
    return "correction" if status is Status.CORRECTED or not previous.value else "conflict"


@dataclass(frozen=True)
class Run:
    """Where a value comes from: the message, and when the instrument measured it."""

    message_id: UUID | None = None
    measured_at: datetime | None = None

    def is_same(self, other: "Run") -> bool:
        """Whether both are of one run: the same message, read once more, or measured in the same moment."""
        if self.message_id is not None and self.message_id == other.message_id:
            return True
        return self.measured_at is not None and self.measured_at == other.measured_at


@dataclass(frozen=True)
class Previous:
    """The latest version there is of an item of a tube; one that was withdrawn has no value."""

    series: UUID
    version: int
    value: str
    status: str
    reasons: tuple[str, ...] = ()
    run: Run = Run()


def judge_further(judged: Judgement, kind: str, previous: Previous | None) -> Judgement:
    """A further version is looked at by somebody where it would change what a person was told, where two values stand
    against each other, and where the same one was rejected before. What is withheld stays withheld: nobody may release
    it, and the re-tests it orders say what is right."""
    if previous is None or kind == "first":
        return judged
    told = previous.status == "released"
    if judged.status == "withheld":
        return with_reasons(judged, "withheld", ("conflict",) if told and previous.value else ())
    if kind == "settled":
        kept = tuple(code for code in previous.reasons if code in COMPARED)
        return with_reasons(judged, "review", kept) if kept else judged
    if kind == "conflict" or told:
        return with_reasons(judged, "review", ("conflict" if kind == "conflict" else "correction",))
    return with_reasons(judged, "review", ("rejected_before",)) if kind == "again" else judged


def with_reasons(judged: Judgement, status: str, reasons: tuple[str, ...]) -> Judgement:
    """The same value, with another status and further reasons."""
    return replace(judged, status=status, reasons=(*judged.reasons, *reasons))


def is_contradiction(test: Assay, value: str, other: str, apart: timedelta) -> bool:
    """Whether two values of one person from two tubes, taken so far apart, cannot both be right: the same test, the
    same time, and one says negative where the other does not, or the numbers lie further apart than the delta rule
    allows from one day to the next.

    Source: domain, section 1: one person with several results at the same time.
    """
    if value == other or apart > SAME_TIME.get(test.kind, timedelta(-1)):
        return False
    if test.kind == "presence":
        return value in PRESENCE and other in PRESENCE
    first, second = read_number(value), read_number(other)
    if first is None or second is None or first[1] or second[1]:
        return False  # unreadable, or only said to lie above or below: somebody looks at it, or it contradicts nothing
    ruled = test if test.delta_percent is not None else replace(test, delta_percent=APART_PERCENT)
    return is_leap(ruled, first[0], second[0]) or is_leap(ruled, second[0], first[0])


def hold_back(judged: Judgement) -> Judgement:
    """What contradicts another tube of the same person is looked at by somebody; the value that was there first stays
    as it is."""
    return with_reasons(judged, "review", ("contradiction",))
