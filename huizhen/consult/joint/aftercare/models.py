"""Ratings, and follow-ups with their outcome."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText


class Followed(models.TextChoices):
    """Whether the advice was followed."""

    YES = "yes", _("Followed")
    PARTLY = "partly", _("Followed in part")
    NO = "no", _("Not followed")


class Course(models.TextChoices):
    """How the patient is since."""

    BETTER = "better", _("Better")
    SAME = "same", _("Unchanged")
    WORSE = "worse", _("Worse")
    DIED = "died", _("Died")
    UNKNOWN = "unknown", _("Not known")


class Rating(models.Model):
    """One person's word about one consultation, given once and kept as it is: one to five, and what they wrote."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="ratings")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    by_patient = models.BooleanField()
    speed = models.PositiveSmallIntegerField()
    clarity = models.PositiveSmallIntegerField()
    use = models.PositiveSmallIntegerField()
    words = EncryptedText(blank=True)
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rated_once", fields=["application", "account"]),
            models.CheckConstraint(
                name="rated_one_to_five",
                condition=Q(speed__range=(1, 5)) & Q(clarity__range=(1, 5)) & Q(use__range=(1, 5)),
            ),
        ]
        triggers = [pgtrigger.Protect(name="rating_stays", operation=pgtrigger.Update | pgtrigger.Delete)]


class FollowUp(models.Model):
    """When the applicant is asked what became of the advice, and the answer. One for each consultation."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.OneToOneField("consult.Application", models.PROTECT, related_name="follow_up")
    due_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    asked_again_at = models.DateTimeField(null=True)
    followed = models.CharField(max_length=10, choices=Followed, blank=True)
    course = models.CharField(max_length=10, choices=Course, blank=True)
    diagnosis_held = models.BooleanField(null=True)
    words = EncryptedText(blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outcome_is_whole",
                condition=Q(recorded_at__isnull=True, followed="", course="")
                | (Q(recorded_at__isnull=False, recorded_by__isnull=False) & ~Q(followed="") & ~Q(course="")),
            ),
            models.CheckConstraint(
                name="asked_again_after_asked",
                condition=Q(asked_again_at__isnull=True) | Q(asked_again_at__gt=F("asked_at")),
            ),
        ]
        indexes = [
            models.Index(name="follow_up_due", fields=["due_at"], condition=Q(asked_at__isnull=True)),
            models.Index(
                name="follow_up_silent",
                fields=["asked_at"],
                condition=Q(asked_at__isnull=False, asked_again_at__isnull=True, recorded_at__isnull=True),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="outcome_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__recorded_at__isnull=False)
            )
        ]
