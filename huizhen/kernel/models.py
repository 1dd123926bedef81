"""The tables of this module, gathered for Django."""

from huizhen.kernel.audit.models import AuditEntry, AuditSeal

__all__ = ["AuditEntry", "AuditSeal"]
