"""Templates of panels and rules of departments, with their history."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


@pghistory.track()
class PanelTemplate(models.Model):
    """A panel for a kind of question, such as lung nodules. `topics` are codes for which it is offered first."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    topics = models.JSONField(_("topics"), default=list, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("panel template")
        verbose_name_plural = _("panel templates")

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class PanelSeat(models.Model):
    """A seat of a panel: a specialty, and whether it usually chairs."""

    template = models.ForeignKey(PanelTemplate, models.CASCADE, related_name="seats", db_index=False)
    specialty = models.ForeignKey("people.Specialty", models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    chairs = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="seat_place", fields=["template", "place"]),
            models.UniqueConstraint(name="seat_specialty", fields=["template", "specialty"]),
            models.UniqueConstraint(name="seat_chair", fields=["template"], condition=Q(chairs=True)),
        ]


@pghistory.track()
class PanelRule(models.Model):
    """What a specialty asks of a panel: how many experts at least, and the rank a chair must hold at least."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    specialty = models.OneToOneField("people.Specialty", models.PROTECT, related_name="+", verbose_name=_("specialty"))
    quorum = models.PositiveSmallIntegerField(_("experts at least"), default=1)
    chair_title = models.CharField(_("chair's title at least"), max_length=20, blank=True)
    chair_of_specialty = models.BooleanField(_("the chair is of this specialty"), default=False)

    class Meta:
        verbose_name = _("rule for panels")
        verbose_name_plural = _("rules for panels")
        constraints = [models.CheckConstraint(name="panel_quorum", condition=Q(quorum__gte=1, quorum__lte=9))]

    def __str__(self) -> str:
        return f"{self.specialty} ≥ {self.quorum}"
