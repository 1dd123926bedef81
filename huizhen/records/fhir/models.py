"""Copies of a record that were asked for; bundles from elsewhere, and the pieces taken from them."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText


class ExportState(models.TextChoices):
    """How far a copy is."""

    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready to be saved")
    REFUSED = "refused", _("Not made")


class FhirExport(models.Model):
    """One copy of a record for one reader, made by a job. `left_out`: documents whose bytes were too large to travel.
    `problem`: a code of `rules.PROBLEMS`. After `until` nobody can save it any more."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    with_files = models.BooleanField()
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    problem = models.CharField(max_length=20, blank=True)
    entries = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("copy of a record")
        verbose_name_plural = _("copies of records")
        constraints = [
            models.CheckConstraint(name="copy_ready_has_file", condition=~Q(state="ready") | Q(file__isnull=False)),
            models.CheckConstraint(name="copy_refused_says_why", condition=~Q(state="refused") | ~Q(problem="")),
        ]
        indexes = [models.Index(name="copy_of_patient", fields=["patient", "asked_by", "-asked_at"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ImportState(models.TextChoices):
    """How far a bundle is on its way into a record."""

    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("To be confirmed")
    TAKING = "taking", _("Being brought in")
    TAKEN = "taken", _("Taken in")
    TAKEN_BACK = "taken_back", _("Taken out again")
    REFUSED = "refused", _("Not brought in")


class FhirImport(models.Model):
    """A bundle that somebody brought, kept as it came. `verdicts`: what becomes of each entry (`verdicts.Verdict`);
    `problem`: a code of `rules.PROBLEMS` where nothing can be taken; `source`: the organisation that it names first."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.CHECKING)
    problem = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200, blank=True)
    verdicts = EncryptedJSON(blank=True)
    taken = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    taken_back_why = EncryptedText(max_length=500, null=True)

    class Meta:
        verbose_name = _("bundle brought in")
        verbose_name_plural = _("bundles brought in")
        constraints = [
            models.CheckConstraint(name="bundle_refused_says_why", condition=~Q(state="refused") | ~Q(problem="")),
            models.CheckConstraint(
                name="bundle_taken_by_somebody",
                condition=~Q(state__in=["taking", "taken", "taken_back"]) | Q(confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="bundle_taken_back_is_whole",
                condition=~Q(state="taken_back") & Q(taken_back_at=None, taken_back_by=None)
                | Q(state="taken_back", taken_back_at__isnull=False, taken_back_by__isnull=False),
            ),
        ]
        indexes = [models.Index(name="bundle_of_patient", fields=["patient", "-started_at"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class FhirPiece(models.Model):
    """One entry of a bundle as it was taken: the resource (`content`, JSON with every digit), its references turned to
    our keys. `key`: keyed fingerprint of its first identifier, or of what stands in it: no piece is kept twice. A
    document has its file as a `Document` of the same key. `taken_back_at`: it was brought in by mistake; it stays, out
    of sight, and may be brought in again."""

    id = models.UUIDField(primary_key=True, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(FhirImport, models.PROTECT, related_name="pieces")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=64)
    title = EncryptedText(max_length=200, blank=True)
    on = models.DateField(null=True)
    content = EncryptedText()
    document = models.OneToOneField("records.Document", models.PROTECT, null=True, related_name="piece")
    added_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("piece brought in")
        verbose_name_plural = _("pieces brought in")
        constraints = [
            models.UniqueConstraint(name="piece_once", fields=["patient", "key"], condition=Q(taken_back_at=None))
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="as_it_came",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "to_jsonb(OLD.*) - 'taken_back_at' IS DISTINCT FROM to_jsonb(NEW.*) - 'taken_back_at'"
                ),
            ),
        ]
