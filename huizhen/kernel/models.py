"""The tables of this module, gathered for Django."""

from huizhen.kernel.audit.models import AuditEntry, AuditSeal
from huizhen.kernel.files.models import Content, File, UploadPart

__all__ = ["AuditEntry", "AuditSeal", "Content", "File", "UploadPart"]
