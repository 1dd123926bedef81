"""Openings of records in an emergency, each beside the case in which somebody judges it."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText
from huizhen.kernel.flow.models import Case

LONGEST = timedelta(hours=24)
ONLY_JUDGED = """
IF OLD.judged_at IS NOT NULL OR NEW.judged_at IS NULL
   OR to_jsonb(NEW) - 'verdict' - 'note' - 'judged_at' - 'judged_by_id' - 'until' IS DISTINCT FROM
      to_jsonb(OLD) - 'verdict' - 'note' - 'judged_at' - 'judged_by_id' - 'until' OR NEW.until > OLD.until THEN
    RAISE EXCEPTION 'emergency access % is not edited, only judged once', OLD.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Verdict(models.TextChoices):
    """What the review found."""

    OPEN = "", _("Not yet judged")
    JUSTIFIED = "justified", _("Justified")
    UNJUSTIFIED = "unjustified", _("Not justified")


class EmergencyAccess(models.Model):
    """One doctor reads one patient's record, from `opened_at` until `until`, for the reason given. It ends by itself;
    an opening that was not justified ends with the verdict. Only the verdict is ever added to a row."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="emergency_access")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = EncryptedText(max_length=500)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True, default="")
    note = EncryptedText(max_length=500, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        constraints = [
            models.CheckConstraint(
                name="emergency_is_short",
                condition=Q(until__gte=F("opened_at"), until__lte=F("opened_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="emergency_judged_by_another",
                condition=Q(verdict="", judged_at__isnull=True, judged_by__isnull=True)
                | ~Q(verdict="") & Q(judged_at__isnull=False, judged_by__isnull=False) & ~Q(judged_by=F("account")),
            ),
        ]
        indexes = [models.Index(name="emergency_live", fields=["account", "patient", "-until"])]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(name="only_judged", when=pgtrigger.Before, operation=pgtrigger.Update, func=ONLY_JUDGED),
        ]
