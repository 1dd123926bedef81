"""The days that differ from their place in the week."""

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from huizhen.kernel.calendar.working import HOLIDAY, WORKDAY


@pghistory.track()
class Holiday(models.Model):
    """One day off, or one weekend day that is worked instead (调休). A row wins over the published list. Every
    change is kept."""

    class Kind(models.TextChoices):
        """What the day is."""

        HOLIDAY = HOLIDAY, _("Day off")
        WORKDAY = WORKDAY, _("Working day (swapped)")

    class Source(models.TextChoices):
        """Who says so: the published list, or an operator, whose word is never overwritten."""

        PUBLISHED = "published", _("Published list")
        OPERATOR = "operator", _("Operator")

    date = models.DateField(_("date"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.OPERATOR)

    class Meta:
        ordering = ("date",)
        verbose_name = _("holiday or swapped working day")
        verbose_name_plural = _("holidays and swapped working days")
        constraints = [models.CheckConstraint(name="holiday_kind", condition=models.Q(kind__in=(HOLIDAY, WORKDAY)))]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
