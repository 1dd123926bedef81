"""What was found: observations in versions, what could not become one, controls, papers, and the narrow table that the
look-up reads."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText
from huizhen.lab.catalogue.models import Item
from huizhen.lab.specimens.models import Tube

ACCOUNT = settings.AUTH_USER_MODEL


# Columns of an observation that say what was found. In SQL, because sealed columns take part.
FOUND = ("series", "version", "tube_id", "item_id", "patient_id", "value", "unit", "finding", "message_id", "ordinal",
         "measured_at", "taken_at", "correction")  # fmt: skip
CHANGED = "ROW({}) IS DISTINCT FROM ROW({})".format(*(", ".join(f"{row}.{c}" for c in FOUND) for row in ("OLD", "NEW")))


# A value of a tube that holds several persons is released to all of them: so only what is true of each.
MIXED = pgtrigger.Trigger(
    name="mixed_only_negative",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
    condition=pgtrigger.Condition("NEW.status = 'released' AND NEW.finding NOT IN (1, 90)"),
    func="""
    IF EXISTS (SELECT 1 FROM lab_tube t WHERE t.id = NEW.tube_id AND t.capacity > 1) THEN
        RAISE EXCEPTION 'what is not negative of a mixed tube is nobody''s result'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mixed_only_negative';
    END IF;
    RETURN NEW;
    """,
)


class Finding(models.IntegerChoices):
    """What a value says, as a small number: the only part of a result that stands in plain."""

    NEGATIVE = 1, _("Negative")
    POSITIVE = 2, _("Positive")
    GREY = 3, _("Not certain, test again")
    NORMAL = 10, _("Within the usual range")
    LOW = 11, _("Below the usual range")
    HIGH = 12, _("Above the usual range")
    CRITICAL_LOW = 13, _("Critically low")
    CRITICAL_HIGH = 14, _("Critically high")
    UNRANGED = 15, _("No usual range on file")
    WORDS = 16, _("In words")
    WITHDRAWN = 90, _("Withdrawn")


class Status(models.TextChoices):
    """Where an observation stands. `WITHHELD`: a mixed tube that is not negative; its persons are tested singly."""

    RELEASED = "released", _("Released")
    REVIEW = "review", _("Waiting for review")
    WITHHELD = "withheld", _("Withheld")
    REJECTED = "rejected", _("Rejected")


class Observation(models.Model):
    """One value of one item of one tube, in one version. What was found is never changed: a correction is the next
    version of the same `series`. Only the status moves on."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    series = models.UUIDField()
    version = models.SmallIntegerField()
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="observations", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, null=True, related_name="+", db_index=False)
    value = EncryptedText(max_length=2000)
    unit = models.CharField(max_length=30, blank=True)
    finding = models.SmallIntegerField(choices=Finding)
    status = models.CharField(max_length=10, choices=Status)
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    instrument_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)
    ordinal = models.IntegerField(default=0)
    measured_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    correction = EncryptedText(max_length=500, blank=True)
    released_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    forwarded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            models.UniqueConstraint(name="observation_version_once", fields=["tube", "item", "version"]),
            models.UniqueConstraint(name="observation_series", fields=["series", "version"]),
            models.UniqueConstraint(
                name="observation_message_once", fields=["message_id", "ordinal"], condition=Q(message_id__isnull=False)
            ),
            models.CheckConstraint(name="observation_finding", condition=Q(finding__in=Finding.values)),
            models.CheckConstraint(name="observation_status", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="observation_version_counts", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="observation_released_has_time",
                condition=Q(status="released", released_at__isnull=False)
                | (~Q(status="released") & Q(released_at=None, forwarded_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="observation_person", fields=["patient", "item", "-taken_at"], condition=Q(patient__isnull=False)
            ),
            models.Index(name="observation_review", fields=["taken_at"], condition=Q(status="review")),
            models.Index(name="observation_rejected", fields=["taken_at"], condition=Q(status="rejected")),
            models.Index(
                name="observation_to_forward",
                fields=["released_at"],
                condition=Q(status="released", forwarded_at=None),
            ),
            models.Index(name="observation_released", fields=["released_at"], condition=Q(status="released")),
        ]
        triggers = [
            MIXED,
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(name="never_overwritten", operation=pgtrigger.Update,
                              condition=pgtrigger.Condition(CHANGED)),
            # What is released stays released; what is decided is not decided again.
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.UpdateOf("status", "released_at"),
                condition=pgtrigger.Condition("OLD.status IN ('released', 'rejected')"
                                              " AND (NEW.status, NEW.released_at) IS DISTINCT FROM"
                                              " (OLD.status, OLD.released_at)"),
            ),
        ]  # fmt: skip


class Unsaid(models.Model):
    """An observation whose message was read anew and does not say it any more: it may be another person's. `says`: what
    the message says of this item instead, specimen and test. Settled when the message says it again."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="+", db_index=False)
    says = ArrayField(models.CharField(max_length=200), default=list)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("value not said any more")
        verbose_name_plural = _("values not said any more")
        constraints = [
            models.UniqueConstraint(name="unsaid_once", fields=["observation"], condition=Q(settled_at=None))
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Held(models.Model):
    """A reading that could not become an observation, kept whole and sealed. `kind` is a code of `rules.HELD`."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    message_id = models.UUIDField()
    ordinal = models.IntegerField()
    instrument_id = models.UUIDField(null=True)
    laboratory_id = models.UUIDField(null=True)
    source = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20)
    barcode = models.CharField(max_length=60, blank=True)
    reading = EncryptedJSON()
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reading set aside")
        verbose_name_plural = _("readings set aside")
        constraints = [models.UniqueConstraint(name="held_once", fields=["message_id", "ordinal"])]
        indexes = [
            models.Index(name="held_barcode", fields=["barcode"], condition=Q(settled_at=None)),
            models.Index(name="held_open", fields=["at"], condition=Q(settled_at=None)),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ControlRun(models.Model):
    """A control or calibration: never anybody's result, and nobody's health data. `lot` is the code it was sent under,
    `material` what it is one of: the target it is held to, or where there is none the same code."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    message_id = models.UUIDField()
    ordinal = models.IntegerField()
    instrument_id = models.UUIDField(null=True)
    laboratory_id = models.UUIDField(null=True)
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    lot = models.CharField(max_length=60, blank=True)
    material = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=200, blank=True)
    in_control = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("control")
        verbose_name_plural = _("controls")
        constraints = [models.UniqueConstraint(name="control_once", fields=["message_id", "ordinal"])]
        indexes = [
            models.Index(name="control_last", fields=["instrument_id", "item", "material", "-at", "-id"]),
            models.Index(
                name="control_out", fields=["instrument_id", "at"], condition=Q(kind="control", in_control=False)
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Paper(models.Model):
    """A report that was printed: `code` proves it, `contents` are the versions it showed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    code = models.CharField(max_length=20, unique=True)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="papers")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    contents = ArrayField(models.UUIDField())
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class Released(models.Model):
    """One person's result as the look-up reads it: narrow, append-only, partitioned by week of release
    (docs/lab.md). Of a `series` the highest `version` counts."""

    pk = models.CompositePrimaryKey("person", "released_at", "series", "version")
    person = models.UUIDField()
    series = models.UUIDField()
    item = models.SmallIntegerField()
    finding = models.SmallIntegerField()
    version = models.SmallIntegerField()
    collected_at = models.DateTimeField()
    released_at = models.DateTimeField()

    class Meta:
        db_table = "lab_released"
        verbose_name = _("released result")
        verbose_name_plural = _("released results")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
