"""Which trouble can be repaired how, what is urgent, and how long each hop may take. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

# How long after one hop the next may be missing before it is trouble.
RECEIVE_WITHIN = timedelta(hours=12)
TEST_WITHIN = timedelta(hours=8)
RUN_AGAIN_WITHIN = timedelta(hours=8)
REVIEW_WITHIN = timedelta(hours=2)
COME_AGAIN_WITHIN = timedelta(days=1)
UNDERSTAND_WITHIN = timedelta(minutes=5)
# A phone without network registers its tubes late: a result without a tube is not trouble at once.
REGISTER_WITHIN = timedelta(minutes=30)
# How far back the chain is looked over; older trouble has its case already.
LOOK_BACK = timedelta(days=14)

URGENT = frozenset({"not_visible", "several_results", "read_otherwise", "instrument_down", "control_failed",
                    "barcode_clash"})  # fmt: skip
# Safe repairs: what they need, and that a second person confirms them.
REPAIRS = {"barcode_clash": "new_barcode", "barcode_unknown": "rebind", "not_visible": "make_visible",
           "two_records": "merge"}  # fmt: skip
# Where the instrument may be asked for its results once more: what came is broken, or nothing came.
ASKABLE = frozenset({"run_failed", "implausible", "several_results", "not_tested", "not_released", "not_understood",
                     "barcode_unreadable"})  # fmt: skip
# What came says badly or not at all which specimens it is about: what its messages name is asked for, and a tube whose
# label somebody has read.
NAMED = frozenset({"not_understood", "barcode_unreadable"})
# Messages that are here and wait for us: asking for them again would bring the same once more.
ONLY_LATE = "not_understood:kept:"
ASK_AT_ONCE = 50
CONFIRMED_BY_SECOND = frozenset({"new_barcode", "rebind", "merge"})
# Kinds that count many things alike; closed by a person, they may open again after a while.
COUNTED = frozenset({"not_received", "not_tested", "not_reviewed", "not_understood", "barcode_unreadable",
                     "unknown_sender", "instrument_down", "control_failed",
                     "not_reported", "not_enlisted", "not_handed_in"})  # fmt: skip
QUIET_FOR = timedelta(hours=4)
HELD = {
    "no_specimen": "barcode_unreadable",
    "unknown_specimen": "barcode_unknown",
    "foreign_specimen": "barcode_unknown",
    "voided": "barcode_unknown",
    "unknown_code": "not_understood",
    "failed": "run_failed",
}


@dataclass(frozen=True)
class Found:
    """Trouble as a rule finds it. `subject` names it: the same trouble found again is the same case."""

    kind: str
    subject: str
    laboratory_id: UUID
    organisation_id: UUID
    site_id: UUID | None = None
    reference: UUID | None = None
    barcode: str = ""
    count: int = 1

    @property
    def urgency(self) -> str:
        """Whether it must be looked at within half an hour."""
        return "urgent" if self.kind in URGENT else "normal"
