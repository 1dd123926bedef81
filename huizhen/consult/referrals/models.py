"""Referrals to a hospital, each beside its case, with the letter that travels along."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.aftercare.models import Course
from huizhen.consult.joint.report.codes import new_code
from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText

# Once signed, the letter stays; only what the receiving side adds may still change.
ADDED = ("appointment_at", "appointment_place", "course", "diagnosis_held", "outcome", "outcome_by_id", "outcome_at")
LETTER_CHANGED = " IS DISTINCT FROM ".join(
    f"to_jsonb({row}.*)" + "".join(f" - '{column}'" for column in ADDED) for row in ("OLD", "NEW")
)


class Referral(models.Model):
    """One way of a patient from a consultation to a hospital or department.

    `content` is the letter piece by piece: `{"pieces": [{"key", "text", "source", "first"}], "pictures": bool}`, where
    `first` is what the piece was filled with. `code`, `digest` and `no_room_since` as those of a report.
    `appointment_place`: where to go, and to whom. `outcome` is what the receiving hospital writes back, once.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.OneToOneField("kernel.Case", models.PROTECT, related_name="referral")
    application = models.ForeignKey("consult.Application", models.PROTECT, related_name="referrals")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    content = EncryptedJSON(blank=True)
    updated_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+", db_index=False)
    code = models.CharField(max_length=12, default=new_code, unique=True)
    digest = models.CharField(max_length=64, blank=True)
    no_room_since = models.DateTimeField(null=True)
    appointment_at = models.DateTimeField(null=True)
    appointment_place = EncryptedText(blank=True)
    course = models.CharField(max_length=10, choices=Course, blank=True)
    diagnosis_held = models.BooleanField(null=True)
    outcome = EncryptedText(blank=True)
    outcome_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    outcome_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        constraints = [
            models.CheckConstraint(
                name="signed_letter_is_whole",
                condition=Q(signed_at__isnull=True) | Q(approved_at__isnull=False, file__isnull=False) & ~Q(digest=""),
            ),
            models.CheckConstraint(
                name="letter_before_appointment",
                condition=Q(appointment_at__isnull=True) | Q(signed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_outcome_is_whole",
                condition=Q(outcome_at__isnull=True, outcome_by__isnull=True, course="")
                | Q(outcome_at__isnull=False, outcome_by__isnull=False) & ~Q(course=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="letter_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.signed_at IS NOT NULL AND {LETTER_CHANGED}"),
            ),
            pgtrigger.Protect(
                name="letter_kept", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__signed_at__isnull=False)
            ),
        ]
