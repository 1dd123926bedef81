"""The picture archives of hospitals, and what travels between them and us."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


@pghistory.track()
class Pacs(models.Model):
    """How a hospital's archive is reached by DICOMweb. `address` ends where `/studies` begins. Changes have history."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("hospital")
    )
    name = models.CharField(_("name of the archive"), max_length=60)
    address = models.URLField(_("DICOMweb address"), max_length=300)
    username = models.CharField(_("user"), max_length=100, blank=True)
    password = EncryptedText(_("password"), max_length=200, blank=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("picture archive")
        verbose_name_plural = _("picture archives")
        constraints = [models.UniqueConstraint(name="pacs_name", fields=["organisation", "name"])]

    def __str__(self) -> str:
        return self.name


class Transfer(models.Model):
    """One study on its way from an archive (`fetch`) or to it (`send`). `trouble`: a code of `rules.TROUBLES` while it
    is tried again, or why it ended without success (`failed`)."""

    class Direction(models.TextChoices):
        FETCH = "fetch", _("Fetch")
        SEND = "send", _("Send")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    pacs = models.ForeignKey(Pacs, models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(max_length=5, choices=Direction)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+", db_index=False)
    study_uid = models.CharField(max_length=64)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    run = models.ForeignKey("records.ImagingImport", models.PROTECT, null=True, related_name="+", db_index=False)
    trouble = models.CharField(max_length=20, blank=True)
    failed = models.BooleanField(default=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("transfer of images")
        verbose_name_plural = _("transfers of images")
        constraints = [
            models.UniqueConstraint(
                name="one_transfer_at_a_time", fields=["pacs", "direction", "patient", "study_uid"],
                condition=Q(ended_at=None),
            )
        ]  # fmt: skip
