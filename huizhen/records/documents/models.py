"""Documents of a patient: reports, letters, photographs."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Kind(models.TextChoices):
    """What a document is."""

    LAB_REPORT = "lab_report", _("Laboratory report")
    IMAGING_REPORT = "imaging_report", _("Imaging report")
    PATHOLOGY = "pathology", _("Pathology report")
    ECG = "ecg", _("ECG")
    DISCHARGE_SUMMARY = "discharge_summary", _("Discharge summary")
    RECORD = "record", _("Medical record")
    CONSENT_FORM = "consent_form", _("Signed consent form")
    PHOTO = "photo", _("Photograph")
    OTHER = "other", _("Other document")


class Document(models.Model):
    """One file of a patient's record. With a case it was added for that case. `pages` is 1 for a picture.

    A document added by mistake is taken out of sight (`removed_at`); the file stays as long as the law asks.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="documents", db_index=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    title = EncryptedText(max_length=200)
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+")
    pages = models.PositiveIntegerField()
    taken_on = models.DateField(null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                name="document_file_once",
                fields=["patient", "file"],
                condition=Q(removed_at__isnull=True),
            ),
        ]
        indexes = [models.Index(name="document_patient", fields=["patient", "-uploaded_at", "id"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class StraightState(models.TextChoices):
    """What became of setting a photograph straight."""

    WAITING = "waiting", _("Not looked at yet")
    STRAIGHT = "straight", _("Set straight")
    LEFT = "left", _("Left as it was taken")
    FAILED = "failed", _("Could not be set straight")


class StraightPicture(models.Model):
    """A photograph of a page set straight. The photograph itself stays the document's file; this is shown instead of it
    until somebody asks for the original (`original_at`). `done`: what was done (`rules.STRAIGHTENING`); `sure`: how
    sure it is where the sheet lies, 0 to 1. `problem`: code of what goes wrong (`rules.TROUBLES`). `tries` counts the
    runs."""

    document = models.OneToOneField(Document, models.PROTECT, primary_key=True, related_name="straight")
    state = models.CharField(max_length=10, choices=StraightState, default=StraightState.WAITING)
    file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+")
    done = ArrayField(models.CharField(max_length=12), default=list)
    sure = models.FloatField(null=True)
    problem = models.CharField(max_length=20, blank=True)
    tries = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    original_at = models.DateTimeField(null=True)
    original_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("straightened photograph")
        verbose_name_plural = _("straightened photographs")
        constraints = [
            models.CheckConstraint(
                name="straight_has_picture",
                condition=Q(state="straight", file__isnull=False) | (~Q(state="straight") & Q(file__isnull=True)),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
