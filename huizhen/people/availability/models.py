"""A doctor's week and absences. How many consultations a week they take stands with the practitioner."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


class AbsenceKind(models.TextChoices):
    """Why somebody is away, as far as others need to know."""

    LEAVE = "leave", _("On leave")
    SURGERY = "surgery", _("Operating")
    CLINIC = "clinic", _("In clinic")
    TRAINING = "training", _("Training or conference")
    OTHER = "other", _("Not available")


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class WorkingHours(models.Model):
    """One stretch of one weekday (0 is Monday). Who has none keeps the house's office hours."""

    practitioner = models.ForeignKey("people.Practitioner", models.CASCADE, related_name="hours", db_index=False)
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [
            models.UniqueConstraint(name="hours_once", fields=["practitioner", "weekday", "opens"]),
            models.CheckConstraint(name="hours_in_order", condition=Q(opens__lt=F("closes"))),
            models.CheckConstraint(name="hours_weekday", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"


@pghistory.track()
class Absence(models.Model):
    """Time in which a doctor cannot be asked. Taken back by `cancelled_at`, never deleted."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    practitioner = models.ForeignKey("people.Practitioner", models.PROTECT, related_name="absences", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=AbsenceKind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(name="absence_in_order", condition=Q(starts_at__lt=F("ends_at"))),
            models.CheckConstraint(name="absence_kind", condition=Q(kind__in=AbsenceKind.values)),
        ]
        indexes = [
            models.Index(
                name="absence_standing", fields=["practitioner", "ends_at"], condition=Q(cancelled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.starts_at:%m-%d}"
