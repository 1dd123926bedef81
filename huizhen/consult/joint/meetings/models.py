"""A meeting, the times offered for it, who can when, and the time it takes of each person."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


class MeetingState(models.TextChoices):
    """Where a meeting stands."""

    OFFERED = "offered", _("Time being chosen")
    FIXED = "fixed", _("Time fixed")
    HELD = "held", _("Begun")
    CANCELLED = "cancelled", _("Cancelled")


STANDING = (MeetingState.OFFERED, MeetingState.FIXED)


class Meeting(models.Model):
    """One meeting. `sequence` grows with every change that calendars must hear of (RFC 5545); `reminders`: how many of
    `rules.REMINDERS` were sent."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="meetings")
    state = models.CharField(max_length=10, choices=MeetingState, default=MeetingState.OFFERED)
    minutes = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField(null=True)
    sequence = models.PositiveSmallIntegerField(default=0)
    reminders = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_standing_meeting", fields=["application"], condition=Q(state__in=["offered", "fixed"])
            ),
            models.CheckConstraint(
                name="fixed_meeting_has_a_time", condition=~Q(state__in=["fixed", "held"]) | Q(starts_at__isnull=False)
            ),
        ]
        indexes = [models.Index(name="meeting_ahead", fields=["starts_at"], condition=Q(state="fixed"))]


class MeetingOption(models.Model):
    """One of the times offered."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="options")
    starts_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="option_once", fields=["meeting", "starts_at"])]


class MeetingVote(models.Model):
    """Whether somebody can at one of the times."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    option = models.ForeignKey(MeetingOption, models.CASCADE, related_name="votes")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    can = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(name="voted_once", fields=["option", "account"])]


class MeetingSeat(models.Model):
    """The time a fixed meeting takes of one person. No two that stand overlap: nobody is in two meetings at once."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="seats")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="seat_in_order", condition=Q(starts_at__lt=F("ends_at"))),
            ExclusionConstraint(
                name="seat_taken_once",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_at"), F("ends_at"), Value("[)"), function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]  # fmt: skip
        triggers = [pgtrigger.ReadOnly(name="seat_stays")]
