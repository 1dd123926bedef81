"""Consent: who may read what of a patient, for what, until when; and how it was given."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids


class What(models.TextChoices):
    """What a consent opens. All but `contact` is health data and needs a consent of its own [law: PIPL art. 29]."""

    SUMMARY = "summary", _("Summary of the illness")
    DOCUMENTS = "documents", _("Reports and documents")
    IMAGING = "imaging", _("Images")
    CONTACT = "contact", _("Phone number")


class Purpose(models.TextChoices):
    """What the data may be used for."""

    CONSULTATION = "consultation", _("Joint consultation")
    TREATMENT = "treatment", _("Treatment at another hospital")
    TRANSFER = "transfer", _("Referral")


class Evidence(models.TextChoices):
    """How the consent was given."""

    PAPER = "paper", _("Signed on paper")
    IN_APP = "in_app", _("By the patient, online")
    GUARDIAN = "guardian", _("By a guardian, online")


ONLY_WITHDRAWN = """
IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
   OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_by_id' IS DISTINCT FROM
      to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_by_id' THEN
    RAISE EXCEPTION 'consent % is not edited, only withdrawn once', OLD.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


class Consent(models.Model):
    """One consent of one patient. Exactly one grantee: an account, an organisation, or everybody on a case.

    With a case it opens what was added for that case or laid before it, and ends with the case at the latest. A row is
    never edited; it is withdrawn, and given again as a new row.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="consents", db_index=False)
    scope = ArrayField(models.CharField(max_length=20, choices=What))
    purpose = models.CharField(max_length=20, choices=Purpose)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+", db_index=False)
    case = models.ForeignKey("kernel.Case", models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    evidence = models.CharField(max_length=10, choices=Evidence)
    evidence_file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+", db_index=False)
    until = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                name="consent_one_grantee",
                condition=Q(account__isnull=False, organisation__isnull=True)
                | Q(account__isnull=True, organisation__isnull=False)
                | Q(account__isnull=True, organisation__isnull=True, case__isnull=False),
            ),
            models.CheckConstraint(name="consent_opens_something", condition=Q(scope__len__gt=0)),
            models.CheckConstraint(name="consent_ends_later", condition=Q(until__gt=F("given_at"))),
            models.CheckConstraint(
                name="consent_paper_is_kept", condition=~Q(evidence="paper") | Q(evidence_file__isnull=False)
            ),
        ]
        indexes = [
            models.Index(name="consent_in_force", fields=["patient", "until"], condition=Q(withdrawn_at__isnull=True)),
            models.Index(name="consent_history", fields=["patient", "-given_at"]),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="only_withdrawn", when=pgtrigger.Before, operation=pgtrigger.Update, func=ONLY_WITHDRAWN
            ),
        ]
