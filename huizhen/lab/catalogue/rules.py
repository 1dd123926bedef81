"""Pure decisions about values: which range is a person's, what an instrument's words mean, how a number is read."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

# What instruments and their Chinese and English front ends write. The whole text must fit: "not detected" is not
# "detected" with something before it.
WORDS = (
    ("negative", re.compile(
        r"neg(ative)?|(target )?not[ _-]?detected|non[ -]?reactive|undetected|n|-|\(-\)|阴性|未检出|阴性\(-\)")),
    ("positive", re.compile(r"pos(itive)?|(target )?detected|reactive|p|\+{1,4}|\(\+\)|阳性|检出|阳性\(\+\)")),
    ("grey", re.compile(
        r"gr[ae]y( ?zone)?|equivocal|indeterminate|inconclusive|borderline|\+/-|±|可疑|灰区|弱阳性|不确定")),
    ("invalid", re.compile(r"invalid|error|no[ _-]?result|failed|aborted|valuenotset|无效|失败")),
)  # fmt: skip
# A code written with its coding system, as HL7 analyzers send it: LOINC answers and SNOMED CT.
CODES = {
    "260415000": "negative", "260373001": "positive", "419984006": "grey", "455371000124106": "invalid",
    "LA6577-6": "negative", "LA6576-8": "positive", "LA11883-8": "negative", "LA11882-0": "positive",
}  # fmt: skip
NUMBER = re.compile(r"([<>]=?|≤|≥)?\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?)")
DEAD = frozenset({"\u200b", "\ufeff", "\x00"})


@dataclass(frozen=True)
class Limits:
    """The limits that hold for one person; None where there is none."""

    low: Decimal | None = None
    high: Decimal | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None


@dataclass(frozen=True)
class Span:
    """A range as the rules see it: for whom, and its limits. Ages in days, the end excluded."""

    sex: str
    from_days: int
    to_days: int
    limits: Limits


@dataclass(frozen=True)
class Assay:
    """An item as the rules see it."""

    id: int
    code: str
    panel: int
    kind: str
    unit: str = ""
    plausible_low: Decimal | None = None
    plausible_high: Decimal | None = None
    delta_percent: int | None = None
    delta_days: int = 30
    auto_release: bool = True
    spans: tuple[Span, ...] = field(default=())


@lru_cache(maxsize=4096)  # instruments say the same few words all day
def plain(text: str) -> str:
    """An instrument's words as compared: folded, trimmed, without marks that nobody sees."""
    folded = unicodedata.normalize("NFKC", "".join(sign for sign in text if sign not in DEAD))
    return " ".join(folded.split())


@lru_cache(maxsize=4096)
def read_presence(value: str) -> str:
    """`negative`, `positive`, `grey`, `invalid`, or empty where the words say none of these.

    A coded value (`260415000^Not detected^SCT`) is read by its code first, else by its words.
    """
    for part in plain(value).split("^"):
        if part in CODES:
            return CODES[part]
        said = next((meaning for meaning, words in WORDS if words.fullmatch(part.strip().lower())), "")
        if said:
            return said
    return ""


def read_number(value: str) -> tuple[Decimal, str] | None:
    """A plain number and its comparison sign (`<`, `>` or empty); None where the text is no number."""
    found = NUMBER.fullmatch(plain(value))
    if not found:
        return None
    try:
        number = Decimal(found[2])
    except InvalidOperation:
        return None
    return number, (found[1] or "").replace("≤", "<").replace("≥", ">")[:1]


def choose_span(spans: Iterable[Span], sex: str, age_days: int | None) -> Span | None:
    """The range for a person: that of the sex before that of any; None where none fits or the age is not known."""
    if age_days is None:
        return None
    fitting = [span for span in spans if span.sex in ("", sex) and span.from_days <= age_days < span.to_days]
    return max(fitting, key=lambda span: span.sex != "") if fitting else None


def common_limits(spans: Iterable[Span]) -> Limits:
    """The critical limits that hold for everybody: the outermost of all ranges, on each side where every range has
    one."""
    limits = [span.limits for span in spans]
    lows = [one.critical_low for one in limits if one.critical_low is not None]
    highs = [one.critical_high for one in limits if one.critical_high is not None]
    return Limits(
        critical_low=min(lows) if lows and len(lows) == len(limits) else None,
        critical_high=max(highs) if highs and len(highs) == len(limits) else None,
    )


def place(number: Decimal, limits: Limits | None) -> str:
    """Where a number lies: `normal`, `low`, `high`, `critical_low`, `critical_high`, or `unranged` without limits."""
    if limits is None:
        return "unranged"
    if limits.critical_low is not None and number < limits.critical_low:
        return "critical_low"
    if limits.critical_high is not None and number > limits.critical_high:
        return "critical_high"
    if limits.low is not None and number < limits.low:
        return "low"
    return "high" if limits.high is not None and number > limits.high else "normal"


def is_plausible(test: Assay, number: Decimal) -> bool:
    """Whether a living person can have this value."""
    too_low = test.plausible_low is not None and number < test.plausible_low
    return not too_low and not (test.plausible_high is not None and number > test.plausible_high)


def is_leap(test: Assay, before: Decimal, now: Decimal) -> bool:
    """Whether a value has changed more than this item does in a person (the delta rule)."""
    if test.delta_percent is None or not before:
        return False
    return abs(now - before) * 100 > abs(before) * test.delta_percent
