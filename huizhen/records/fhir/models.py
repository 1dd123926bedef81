"""Copies of a record that were asked for."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


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
