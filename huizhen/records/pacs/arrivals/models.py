"""Devices that may send, who else tried, and what came: kept from the first moment, whoever's it is."""

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText

# Sixteen printable characters of ASCII, without backslash [PS3.5 6.2, AE].
AE_TITLE = RegexValidator(r"^[\x21-\x5b\x5d-\x7e][\x20-\x5b\x5d-\x7e]{0,15}$", _("Up to 16 letters, digits and signs."))


@pghistory.track()
class Station(models.Model):
    """A device of a hospital that may send images: known by what it calls itself and where it calls from."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("hospital")
    )
    name = models.CharField(_("name of the device"), max_length=60)
    ae_title = models.CharField(_("AE title"), max_length=16, validators=[AE_TITLE])
    address = models.GenericIPAddressField(_("IP address"), unpack_ipv4=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("imaging device")
        verbose_name_plural = _("imaging devices")
        constraints = [
            models.UniqueConstraint(name="station_caller", fields=["ae_title", "address"], condition=Q(active=True)),
            models.UniqueConstraint(name="station_name", fields=["organisation", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


class UnknownCaller(models.Model):
    """Somebody who wanted to send images and is no device in use: refused, and counted."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    ae_title = models.CharField(_("AE title"), max_length=16)
    address = models.CharField(_("IP address"), max_length=45)
    tries = models.PositiveIntegerField(_("tries"), default=0)
    first_at = models.DateTimeField(_("first try"))
    last_at = models.DateTimeField(_("last try"))

    class Meta:
        verbose_name = _("unknown imaging device")
        verbose_name_plural = _("unknown imaging devices")
        constraints = [models.UniqueConstraint(name="unknown_caller_once", fields=["ae_title", "address"])]

    def __str__(self) -> str:
        return f"{self.ae_title} · {self.address}"


class Arrival(models.Model):
    """One study that a device sent. `facts`: what its header says of the person and the examination (`rules.Facts`).

    `patient` is empty until somebody is found or chosen; `doubt` is then the code of why (`rules.DOUBTS`). Put aside:
    not ours, or nobody's; kept all the same.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    station = models.ForeignKey(Station, models.PROTECT, related_name="+", db_index=False)
    study_uid = models.CharField(max_length=64)
    facts = EncryptedJSON()
    images = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    patient = models.ForeignKey("records.Patient", models.PROTECT, null=True, related_name="+", db_index=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+", db_index=False)
    doubt = models.CharField(max_length=20, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    assigned_at = models.DateTimeField(null=True)
    aside_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    aside_at = models.DateTimeField(null=True)
    aside_reason = EncryptedText(max_length=200, blank=True)

    class Meta:
        verbose_name = _("study from a device")
        verbose_name_plural = _("studies from devices")
        constraints = [
            models.UniqueConstraint(name="arrival_once", fields=["organisation", "study_uid"]),
            models.CheckConstraint(
                name="arrival_has_a_patient_or_a_doubt",
                condition=Q(patient=None) & ~Q(doubt="") | Q(patient__isnull=False, doubt=""),
            ),
        ]
        indexes = [
            models.Index(name="arrival_waits", fields=["organisation", "-last_at"], condition=Q(patient=None)),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ArrivedImage(models.Model):
    """One image of an arrival. `run`: the import that took it into a record; empty until then."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    arrival = models.ForeignKey(Arrival, models.PROTECT, related_name="arrived", db_index=False)
    sop_uid = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    file = models.ForeignKey("kernel.File", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    run = models.ForeignKey("records.ImagingImport", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="arrived_once", fields=["arrival", "sop_uid"])]
        indexes = [models.Index(name="arrived_waits", fields=["arrival", "id"], condition=Q(run=None))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class TurnedAway(models.Model):
    """An object of a known device that was not kept, by number and with the code of the reason; once, with a count."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    station = models.ForeignKey(Station, models.PROTECT, related_name="+", db_index=False)
    sop_uid = models.CharField(max_length=64)
    code = models.CharField(max_length=20)
    times = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="turned_away_once", fields=["station", "sop_uid", "code"])]
        indexes = [models.Index(name="turned_away_lately", fields=["station", "-last_at"])]


class HospitalNumber(models.Model):
    """Whose a hospital's own patient number is: learned when somebody assigns a study. The number is a keyed index."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    number_index = models.BinaryField(max_length=32)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    learned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="hospital_number_once", fields=["organisation", "number_index"])]
