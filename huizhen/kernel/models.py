"""The tables of this module, gathered for Django."""

from huizhen.kernel.audit.models import AuditEntry, AuditJournal, AuditSeal
from huizhen.kernel.calendar.models import Holiday
from huizhen.kernel.files.models import Content, File, UploadPart
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, CaseNumber, Participant, Promise
from huizhen.kernel.limits.models import Attempts
from huizhen.kernel.notify.models import Attempt, Delivery, Notification, Preference, Robot, Spending
from huizhen.kernel.talk.models import Conversation, Message, MessageFile, ReadMark

__all__ = [
    "Attempt",
    "Attempts",
    "AuditEntry",
    "AuditJournal",
    "AuditSeal",
    "Case",
    "CaseDeadline",
    "CaseEvent",
    "CaseNumber",
    "Content",
    "Conversation",
    "Delivery",
    "File",
    "Holiday",
    "Message",
    "MessageFile",
    "Notification",
    "Participant",
    "Preference",
    "Promise",
    "ReadMark",
    "Robot",
    "Spending",
    "UploadPart",
]
