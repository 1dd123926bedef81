"""Measurements: what a reader drew on an image, and what it measures."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON
from huizhen.records.imaging.models import ImagingInstance


class Kind(models.TextChoices):
    """What is measured."""

    LENGTH = "length", _("Length")
    ANGLE = "angle", _("Angle")
    VALUE = "value", pgettext_lazy("measurement", "Value")
    ELLIPSE = "ellipse", _("Area")


class Measurement(models.Model):
    """One measurement of one reader on one frame of one DICOM object (`instance` carries the SOP instance UID), drawn
    while reading for a case, or for oneself.

    `key` is made by the browser before the first try, so that a retry stores nothing twice. `version` grows with each
    change, so that two windows notice each other. `content`: `points` in image coordinates and `figures`, as in
    `rules`. Taken back, it stays as a row, and may be brought back.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+", db_index=False)
    instance = models.ForeignKey(ImagingInstance, models.PROTECT, related_name="+", db_index=False)
    index = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind)
    content = EncryptedJSON()
    key = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    drawn_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        constraints = [
            models.UniqueConstraint(name="measurement_once", fields=["drawn_by", "key"]),
            models.CheckConstraint(name="measurement_kind", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="measurement_version", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="measurement_times",
                condition=Q(changed_at__gte=models.F("drawn_at"))
                & (Q(removed_at=None) | Q(removed_at__gte=models.F("drawn_at"))),
            ),
        ]
        indexes = [models.Index(name="measurements_of_image", fields=["instance", "case"])]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="in_place", fields=["case", "instance", "index", "kind", "key", "drawn_by", "drawn_at"]
            ),
        ]
