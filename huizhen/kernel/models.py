"""The tables of this module, gathered for Django."""

from huizhen.kernel.audit.models import AuditEntry, AuditSeal
from huizhen.kernel.calendar.models import Holiday
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, CaseNumber, Participant, Promise

__all__ = [
    "AuditEntry",
    "AuditSeal",
    "Case",
    "CaseDeadline",
    "CaseEvent",
    "CaseNumber",
    "Holiday",
    "Participant",
    "Promise",
]
