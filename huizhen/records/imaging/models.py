"""Imaging: studies, their series, their instances, and the imports that brought them."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText


class ImagingImport(models.Model):
    """One upload of images on its way into a record, with the numbers of a progress bar.

    `total` files were found, `done` of them looked at: `kept` are new, `known` were there before, the rest are
    `ImportProblem` rows. `ended_at` is empty while the job works. `more_until`: further files are announced, and waited
    for until then. `trouble`: a code of `rules.TROUBLES` while the store takes nothing; the job tries again by itself.
    `started_by` is empty where a hospital's device sent the images and their numbers said whose they are.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="imports")
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+", db_index=False)
    files = ArrayField(models.UUIDField())
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    more_until = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=20, blank=True)

    class Meta:
        indexes = [models.Index(name="import_waits", fields=["more_until"], condition=Q(more_until__isnull=False))]


class EarlyLook(models.Model):
    """How far a zip that is still arriving was looked at: its members before byte `offset`, `count` of them, `unpacked`
    bytes. `over`: nothing more can be known of it before it is whole."""

    run = models.OneToOneField(ImagingImport, models.PROTECT, primary_key=True, related_name="early")
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+", db_index=False)
    offset = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    unpacked = models.BigIntegerField(default=0)
    over = models.BooleanField(default=False)


class ImportProblem(models.Model):
    """One file that was not kept, by name and with the code of the reason (`rules.PROBLEMS`)."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    run = models.ForeignKey(ImagingImport, models.PROTECT, related_name="problems", db_index=False)
    place = models.PositiveIntegerField()
    name = EncryptedText()
    code = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(name="import_problem_once", fields=["run", "place"])]


class ImagingStudy(models.Model):
    """One examination of one patient. `warnings` are codes of what does not fit our patient, or needs care.
    `announced`: how many images the disc's table of contents or the PACS promised; None where nobody said.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="studies", db_index=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+")
    study_uid = models.CharField(max_length=64, unique=True)
    taken_on = models.DateField(null=True)
    description = EncryptedText(blank=True)
    warnings = ArrayField(models.CharField(max_length=20), default=list)
    announced = models.PositiveIntegerField(null=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("imaging study")
        verbose_name_plural = _("imaging studies")
        indexes = [models.Index(name="study_patient", fields=["patient", "-added_at", "id"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ImagingSeries(models.Model):
    """One run of the machine: the images one scrolls through."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    study = models.ForeignKey(ImagingStudy, models.PROTECT, related_name="series", db_index=False)
    series_uid = models.CharField(max_length=64)
    number = models.IntegerField(null=True)
    modality = models.CharField(max_length=16, blank=True)
    description = EncryptedText(blank=True)
    body_part = EncryptedText(blank=True)

    class Meta:
        verbose_name = _("imaging series")
        verbose_name_plural = _("imaging series")
        constraints = [models.UniqueConstraint(name="series_once", fields=["study", "series_uid"])]


class ImagingInstance(models.Model):
    """One DICOM object with pixels. `position` is its place along its normal in mm, for sorting.
    `place` is which file of the import it was: a repeated run knows its own. `fingerprint`: keyed, of the whole file.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    series = models.ForeignKey(ImagingSeries, models.PROTECT, related_name="instances", db_index=False)
    sop_uid = models.CharField(max_length=64, unique=True)
    sop_class = models.CharField(max_length=64, blank=True)
    syntax = models.CharField(max_length=64)
    number = models.IntegerField(null=True)
    position = models.FloatField(null=True)
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    frames = models.PositiveIntegerField()
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    run = models.ForeignKey(ImagingImport, models.PROTECT, related_name="instances")
    place = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(name="instance_in_series", fields=["series", "position", "number"])]
        constraints = [models.CheckConstraint(name="instance_has_pixels", condition=Q(rows__gt=0, columns__gt=0))]


class ImagingReading(models.Model):
    """That somebody looked at a series within an hour: one audit entry stands for the scrolling of that hour."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    series = models.ForeignKey(ImagingSeries, models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="reading_once_an_hour", fields=["series", "account", "hour"])]


class KeyImage(models.Model):
    """An image somebody marked in a case, with the window it was seen under (`center`, `width`; None: as recorded).
    It goes on the report's paper with `measures`, what was drawn on it then (`facts.Drawn`). Taken back, it stays as a
    row: the paper made before keeps its meaning.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, related_name="+", db_index=False)
    instance = models.ForeignKey(ImagingInstance, models.PROTECT, related_name="marks")
    index = models.PositiveIntegerField(default=0)
    center = models.FloatField(null=True)
    width = models.FloatField(null=True)
    note = EncryptedText(max_length=200, blank=True)
    measures = EncryptedJSON(null=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    marked_at = models.DateTimeField()
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("key image")
        verbose_name_plural = _("key images")
        constraints = [
            models.UniqueConstraint(
                name="key_image_once", fields=["case", "instance", "index"], condition=Q(removed_at=None)
            ),
            models.CheckConstraint(name="key_image_window", condition=Q(width=None) | Q(width__gt=0)),
        ]
        indexes = [models.Index(name="key_images_of_case", fields=["case", "marked_at"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
