"""Reports that persons have asked for themselves."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.lab.results.models import Paper
from huizhen.lab.specimens.models import Tube


class OwnReport(models.Model):
    """One person's report of a tube in one language, as the results stood: `contents` are their versions, in order.
    Asked for twice it is one; the file is made by a job, and forgotten when a newer one takes its place."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="+")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    language = models.CharField(max_length=10)
    contents = ArrayField(models.UUIDField())
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    paper = models.OneToOneField(Paper, models.PROTECT, null=True, related_name="+")
    file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("report that a person asked for")
        verbose_name_plural = _("reports that persons asked for")
        constraints = [
            models.UniqueConstraint(name="own_report_once", fields=["tube", "patient", "language", "contents"]),
            models.CheckConstraint(
                name="own_report_made",
                condition=models.Q(made_at=None, file=None, paper=None)
                | models.Q(made_at__isnull=False, file__isnull=False, paper__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
