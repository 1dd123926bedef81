"""The audit: who did or read what, append-only, sealed into a hash chain.

Written by `record`; reads are brought in from this machine's journals by `gather`. Sealed by `seal` (a job), checked by
`verify`, listed by `list_…` after `access_…`.
"""

from huizhen.kernel.audit.access import access_entries, access_patient_entries
from huizhen.kernel.audit.chain import seal
from huizhen.kernel.audit.entries import BY_ITSELF, record, record_patients
from huizhen.kernel.audit.gathering import gather
from huizhen.kernel.audit.history import Change, compare, list_history
from huizhen.kernel.audit.queries import Filters, list_entries, list_for_patient
from huizhen.kernel.audit.verification import Fault, head, verify
from huizhen.kernel.audit.waiting import Waiting, list_waiting

__all__ = [
    "BY_ITSELF",
    "Change",
    "Fault",
    "Filters",
    "Waiting",
    "access_entries",
    "access_patient_entries",
    "compare",
    "gather",
    "head",
    "list_entries",
    "list_for_patient",
    "list_history",
    "list_waiting",
    "record",
    "record_patients",
    "seal",
    "verify",
]
