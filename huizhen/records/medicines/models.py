"""Medicines of a patient, and what was corrected about them."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Status(models.TextChoices):
    """Whether it is taken: the words of FHIR [R4 MedicationStatement.status]."""

    ACTIVE = "active", pgettext_lazy("medicine", "Taken now")
    ON_HOLD = "on-hold", pgettext_lazy("medicine", "Paused")
    COMPLETED = "completed", pgettext_lazy("medicine", "Taken to the end")
    STOPPED = "stopped", pgettext_lazy("medicine", "Stopped early")
    UNKNOWN = "unknown", pgettext_lazy("medicine", "Not known")
    MISTAKE = "entered-in-error", pgettext_lazy("medicine", "Entered by mistake")


# What is sealed cannot be compared here; what lies open may change only beside a correction of the new version.
CORRECTIONS_KEPT = """
IF NEW.version <> OLD.version + 1
   OR NOT EXISTS (SELECT 1 FROM records_medicinecorrection WHERE medicine_id = NEW.id AND version = NEW.version)
   OR EXISTS (
    SELECT 1 FROM (VALUES
        ('status', NEW.status IS DISTINCT FROM OLD.status),
        ('starts_on', NEW.starts_on IS DISTINCT FROM OLD.starts_on),
        ('ends_on', NEW.ends_on IS DISTINCT FROM OLD.ends_on)) AS open_one (field, changed)
     WHERE changed AND NOT EXISTS (
        SELECT 1 FROM records_medicinecorrection kept
         WHERE kept.medicine_id = NEW.id AND kept.version = NEW.version AND kept.field = open_one.field)
   ) THEN
    RAISE EXCEPTION 'medicine % was corrected without keeping what stood there', NEW.id
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Medicine(models.Model):
    """One medicine a person takes or took, in the words of who wrote it down. It belongs to the record and to no case:
    what somebody takes matters to each. `source`: who says so, such as the hospital that prescribed it.

    `key` is made with the form, so that a retry stores nothing twice. `version` counts the corrections; each keeps what
    stood there (`MedicineCorrection`). Entered by mistake, it stays as a row, out of sight.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    name = EncryptedText(max_length=200)
    dose = EncryptedText(max_length=100, blank=True)
    route = EncryptedText(max_length=60, blank=True)
    frequency = EncryptedText(max_length=100, blank=True)
    source = EncryptedText(max_length=120, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    key = models.UUIDField()
    version = models.PositiveIntegerField(default=0)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("medicine")
        verbose_name_plural = _("medicines")
        constraints = [
            models.UniqueConstraint(name="medicine_once", fields=["patient", "recorded_by", "key"]),
            models.CheckConstraint(name="medicine_status", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="medicine_ends_after_start",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
            ),
        ]
        indexes = [models.Index(name="medicines_of_patient", fields=["patient", "-recorded_at"])]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="in_place", fields=["patient", "key", "recorded_by", "recorded_at"]),
            pgtrigger.Trigger(
                name="corrections_kept", when=pgtrigger.After, timing=pgtrigger.Deferred,
                operation=pgtrigger.Update, func=CORRECTIONS_KEPT,
                condition=pgtrigger.AnyChange("version", "status", "starts_on", "ends_on"),
            ),
        ]  # fmt: skip


class MedicineCorrection(models.Model):
    """One corrected value of a medicine: what stood there, what stands there now, who says so and why."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    medicine = models.ForeignKey(Medicine, models.PROTECT, related_name="corrections")
    version = models.PositiveIntegerField()
    field = models.CharField(max_length=20)
    before = EncryptedText(blank=True)
    after = EncryptedText(blank=True)
    reason = EncryptedText(max_length=500)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("correction of a medicine")
        verbose_name_plural = _("corrections of medicines")
        constraints = [models.UniqueConstraint(name="medicine_field_once", fields=["medicine", "version", "field"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
