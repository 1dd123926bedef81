"""The entries and their seals. Both are append-only: the database refuses update, delete and truncate."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.expressions import Func
from django.utils.translation import gettext_lazy as _

# The key in an entry's data under which it says what stood before; see `history`.
CHANGED = "changed"
# Only the test set-up sets `huizhen.truncate`, to empty tables between tests.
NOT_EMPTIED = """
IF current_setting('huizhen.truncate', true) = 'allowed' THEN
    RETURN NULL;
END IF;
RAISE EXCEPTION 'the audit is append-only: % cannot be truncated', TG_TABLE_NAME;
"""


def append_only() -> list[pgtrigger.Trigger]:
    """The triggers of a table that only grows."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="not_emptied",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=NOT_EMPTIED,
        ),
    ]


class CurrentTransaction(Func):
    """The writing transaction's 64-bit number."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class AuditEntry(models.Model):
    """One act. `data` and `origin` never hold health data. `xid` is the transaction that wrote the entry.

    Keys of other tables are plain values: an entry outlives everything it speaks of, and costs no look-ups.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("happened at"))
    actor_id = models.UUIDField(_("key of the account"), null=True)
    actor_name = models.TextField(_("who did it"))
    action = models.TextField(_("act"))
    subject_kind = models.TextField(_("kind of thing"))
    subject_id = models.TextField(_("key of the thing"))
    patient_id = models.UUIDField(_("key of the patient"), null=True)
    case_id = models.UUIDField(_("key of the case"), null=True)
    organisation_id = models.UUIDField(_("key of the organisation"), null=True)
    origin = models.JSONField(_("where it came from"), null=True)
    data = models.JSONField(_("details"), null=True)
    xid = models.BigIntegerField(_("number of the transaction"), db_default=CurrentTransaction())

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            # Each index is paid for by every read of a record; these are all there are.
            models.Index(name="audit_xid", fields=["xid"]),
            models.Index(name="audit_patient", fields=["patient_id", "id"], condition=Q(patient_id__isnull=False)),
            models.Index(name="audit_actor", fields=["actor_id", "id"]),
            # Holds only what changed some master data: reads of records, and log-ins, do not pay for it.
            models.Index(name="audit_changed", fields=["subject_id", "id"], condition=Q(data__has_key=CHANGED)),
            BrinIndex(name="audit_at", fields=["at"], pages_per_range=32),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.id} {self.action}"


class AuditSeal(models.Model):
    """One link of the chain: the entries it holds, in order, each one's digest, and the hash over all that came before.

    `below_xid`: every entry of a lower transaction of this cluster is sealed. `base_id`: entries up to here were
    sealed before the database moved into this cluster, and their transaction numbers are of another count.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    algorithm = models.CharField(max_length=10)
    cluster = models.CharField(max_length=24)
    base_id = models.BigIntegerField()
    from_xid = models.BigIntegerField()
    below_xid = models.BigIntegerField()
    max_id = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.number}:{bytes(self.hash).hex()}"


class AuditJournal(models.Model):
    """How far a journal is taken into the entries: bytes from its beginning. The file of this name lies where it was
    written, at `place` (machine and folder); the row goes with it. `home` is the database that takes from it: a copy
    has the row too, and leaves the file alone. `over`: it is taken whole, its process is gone, and so is the file."""

    id = models.UUIDField(primary_key=True)
    taken = models.BigIntegerField(default=0)
    home = models.TextField()
    place = models.TextField()
    over = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(name="journal_is_taken_forwards", condition=Q(taken__gte=0))]

    def __str__(self) -> str:
        return f"{self.id}: {self.taken}"
