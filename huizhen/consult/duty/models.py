"""The roster of a centre, with its history, and every ring."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


@pghistory.track()
class DutyShift(models.Model):
    """A doctor on duty for a centre. `place` 1 is rung first; after `patience` minutes without an answer, the next."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    centre = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    place = models.PositiveSmallIntegerField(_("rung as number"), default=1)
    patience = models.PositiveSmallIntegerField(_("minutes before the next is rung"), default=5)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="shift_in_order", condition=Q(starts_at__lt=F("ends_at"))),
            models.CheckConstraint(name="shift_patience", condition=Q(patience__gte=1, patience__lte=60)),
        ]
        indexes = [
            models.Index(name="shift_standing", fields=["centre", "ends_at"], condition=Q(cancelled_at__isnull=True))
        ]


class Unheard(models.Model):
    """An urgent case that nobody is rung for, because everybody on duty was, or nobody is on duty: it waits for whoever
    comes on duty. The row goes when somebody is rung or takes the case, and when it is closed or no longer urgent."""

    case = models.OneToOneField("kernel.Case", models.PROTECT, primary_key=True, related_name="+")


class RingState(models.TextChoices):
    """What became of a ring."""

    RINGING = "ringing", _("Ringing")
    TAKEN = "taken", _("Taken")
    PASSED = "passed", _("Passed on")
    ENDED = "ended", _("Taken by somebody else")


class Ring(models.Model):
    """One doctor rung for one case, once."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=RingState, default=RingState.RINGING)
    rung_at = models.DateTimeField()
    next_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rung_once", fields=["case", "account"]),
            models.UniqueConstraint(name="ring_number", fields=["case", "number"]),
            models.UniqueConstraint(name="one_takes_it", fields=["case"], condition=Q(state="taken")),
        ]
        indexes = [models.Index(name="ringing", fields=["next_at"], condition=Q(state="ringing"))]
