"""Practitioners: who may treat, in what, and with which licence."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Title(models.TextChoices):
    """The ranks of Chinese doctors, highest first."""

    CHIEF = "chief", _("Chief physician")
    ASSOCIATE_CHIEF = "associate_chief", _("Associate chief physician")
    ATTENDING = "attending", _("Attending physician")
    RESIDENT = "resident", _("Resident physician")


@pghistory.track()
class Specialty(models.Model):
    """A medical specialty of the national catalogue of clinical departments (诊疗科目, 1994 and later additions). Every
    change is kept."""

    code = models.CharField(_("code"), max_length=10, primary_key=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Practitioner(models.Model):
    """A doctor: title, specialties, licence, and how many consultations a week they take."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="practitioner", verbose_name=_("account")
    )
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="practitioners", verbose_name=_("organisation")
    )
    title = models.CharField(_("title"), max_length=20, choices=Title)
    specialties = models.ManyToManyField(
        Specialty, through="PractitionerSpecialty", related_name="practitioners", verbose_name=_("specialties")
    )
    subspecialty = models.CharField(_("focus"), max_length=200, blank=True)
    licence_number = EncryptedText(_("licence number"), max_length=40, blank=True)
    licence_valid_from = models.DateField(_("licence valid from"), null=True, blank=True)
    licence_valid_until = models.DateField(_("licence valid until"), null=True, blank=True)
    practising_since = models.PositiveSmallIntegerField(_("practising since (year)"), null=True, blank=True)
    introduction = models.TextField(_("introduction"), blank=True)
    accepting = models.BooleanField(_("takes consultations"), default=True)
    weekly_limit = models.PositiveSmallIntegerField(_("consultations a week, at most"), default=10)

    class Meta:
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")
        constraints = [
            models.CheckConstraint(name="practitioner_title", condition=Q(title__in=Title.values)),
            models.CheckConstraint(
                name="licence_ends_after_it_began",
                condition=Q(licence_valid_from=None)
                | Q(licence_valid_until=None)
                | Q(licence_valid_until__gte=F("licence_valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.get_title_display()}"


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class PractitionerSpecialty(models.Model):
    """One specialty of one practitioner."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="+", db_index=False)
    specialty = models.ForeignKey(Specialty, models.PROTECT, related_name="+", verbose_name=_("specialty"))

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        constraints = [models.UniqueConstraint(name="specialty_once", fields=["practitioner", "specialty"])]

    def __str__(self) -> str:
        return str(self.specialty)
