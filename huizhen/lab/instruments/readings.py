"""What one message of an instrument says, in one shape for all protocols: the hand-over from codecs to results."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """Whose value it is. Only a patient's may ever reach a person (domain: MSH-16, ASTM H-12, SPM-11)."""

    PATIENT = "patient"
    CONTROL = "control"
    CALIBRATION = "calibration"


class Status(StrEnum):
    """How the instrument marked it. `FAILED` is a message of its own: the test was tried and gave nothing."""

    FINAL = "final"
    PRELIMINARY = "preliminary"
    CORRECTED = "corrected"
    FAILED = "failed"


@dataclass(frozen=True)
class Reading:
    """One test on one specimen as the instrument reported it, nothing interpreted yet.

    `specimen` is the barcode value, stripped, "" where the message holds none (never another group's). `value` is the
    text as sent after the profile's unfolding (mantissa, decimal comma, thousands separator): a number in plain
    notation or words. `unit` as sent. `flags` in order, as sent. `reason` says why a failed one failed, as sent;
    of a control, whatever comment came with it.
    """

    specimen: str
    test: str
    name: str = ""
    value: str = ""
    unit: str = ""
    flags: tuple[str, ...] = ()
    status: Status = Status.FINAL
    kind: Kind = Kind.PATIENT
    reason: str = ""
    measured_at: datetime | None = None


@dataclass(frozen=True)
class Understood:
    """A whole message understood: its readings in order, and in plain codes what could not be understood."""

    readings: tuple[Reading, ...] = ()
    problems: tuple[str, ...] = field(default=())
