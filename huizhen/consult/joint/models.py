"""The joint consultation's own tables: the application, the experts invited, their opinions, the report."""

from datetime import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.report.codes import new_code
from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON, EncryptedText


class Purpose(models.TextChoices):
    """What the applicant hopes for."""

    DIAGNOSIS = "diagnosis", _("Find the diagnosis")
    TREATMENT = "treatment", _("Decide the treatment")
    SURGERY = "surgery", _("Judge an operation")
    SECOND_OPINION = "second_opinion", _("Second opinion")


class Stance(models.TextChoices):
    """How far an expert goes along with what the others think."""

    AGREE = "agree", _("Agrees")
    PARTLY = "partly", _("Agrees in part")
    DISSENT = "dissent", _("Disagrees")


class InvitationState(models.TextChoices):
    """Where an invitation stands. `queued` waits until those before it have declined; `invited` waits for an answer."""

    QUEUED = "queued", _("Next in line")
    INVITED = "invited", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not answered in time")
    WITHDRAWN = "withdrawn", _("Taken back")


class DeclineWhy(models.TextChoices):
    """Why an expert says no. Only `not_my_field` says something about whom to ask for such a case."""

    NOT_MY_FIELD = "not_my_field", _("Not my field")
    TOO_BUSY = "too_busy", _("Too much to do now")
    AWAY = "away", _("Away")
    CONFLICT = "conflict", _("Conflict of interest")
    MATERIAL = "material", _("The material does not allow an opinion")
    OTHER = "other", _("Another reason")


class Draft(models.Model):
    """An application not sent yet: whatever was typed, so that nothing typed is lost."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    content = EncryptedJSON(blank=True)
    updated_at = models.DateTimeField()


class Application(models.Model):
    """What is asked, for whom, by whom. One case each; `sent_key` makes sending it twice harmless."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.OneToOneField("kernel.Case", models.PROTECT, related_name="joint")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    sent_key = models.CharField(max_length=80)
    purpose = models.CharField(max_length=20, choices=Purpose)
    question = EncryptedText()
    summary = EncryptedText()
    specialty = models.ForeignKey("people.Specialty", models.PROTECT, related_name="+", db_index=False)
    wants_meeting = models.BooleanField(default=False)
    quorum = models.PositiveSmallIntegerField(default=1)
    missing = models.JSONField(default=list, blank=True)
    missing_note = EncryptedText(blank=True)

    # Whether there are referrals; comes with `queries.get_application`.
    is_referred: bool
    # Whether the patient or family applied, and not a doctor; comes with it too.
    is_by_family: bool
    # The end of the patient's consent for this case, of the last one that was not withdrawn; so does this.
    agreed_until: datetime | None

    class Meta:
        constraints = [
            models.UniqueConstraint(name="application_sent_once", fields=["applicant", "sent_key"]),
            models.CheckConstraint(name="application_purpose", condition=Q(purpose__in=Purpose.values)),
            models.CheckConstraint(name="application_quorum", condition=Q(quorum__gte=1)),
        ]


class Material(models.Model):
    """A document or an imaging study that belongs to the application."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="materials")
    document = models.ForeignKey("records.Document", models.PROTECT, null=True, related_name="+")
    study = models.ForeignKey("records.ImagingStudy", models.PROTECT, null=True, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="material_is_one_thing",
                condition=Q(document__isnull=False, study__isnull=True) | Q(document__isnull=True, study__isnull=False),
            ),
            models.UniqueConstraint(name="document_once", fields=["application", "document"]),
            models.UniqueConstraint(name="study_once", fields=["application", "study"]),
        ]


class Invitation(models.Model):
    """An expert asked to take part, or in line to be (`place` is the order a person chose).

    One living invitation per expert; one chair among the accepted. `seat` is the specialty asked for by a template: who
    declines makes room for the next in line for the same seat. `wants_cosigning`: wishes to sign the report beside the
    chair. `asked_again_at`: asked to look again and has not acted since.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="invitations")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    invited_at = models.DateTimeField()
    place = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=InvitationState, default=InvitationState.INVITED)
    answered_at = models.DateTimeField(null=True)
    decline_why = models.CharField(max_length=20, choices=DeclineWhy, blank=True)
    decline_reason = EncryptedText(blank=True)
    seat = models.CharField(max_length=10, blank=True)
    is_chair = models.BooleanField(default=False)
    wants_cosigning = models.BooleanField(default=False)
    asked_again_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_live_invitation",
                fields=["application", "expert"],
                condition=Q(state__in=["queued", "invited", "accepted"]),
            ),
            models.UniqueConstraint(name="one_chair", fields=["application"], condition=Q(is_chair=True)),
            models.CheckConstraint(name="chair_has_accepted", condition=Q(is_chair=False) | Q(state="accepted")),
            models.CheckConstraint(
                name="answered_when_not_waiting",
                condition=Q(state__in=["queued", "invited"], answered_at__isnull=True)
                | (~Q(state__in=["queued", "invited"]) & Q(answered_at__isnull=False)),
            ),
        ]


class Opinion(models.Model):
    """One expert's opinion in one version. A draft may change; once signed only `withdrawn_at` may still be set.

    `structured`: findings item by item after a `template` (see `findings`), with the labels they had then.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="opinions")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField(default=1)
    findings = EncryptedText(blank=True)
    assessment = EncryptedText(blank=True)
    advice = EncryptedText(blank=True)
    stance = models.CharField(max_length=10, choices=Stance, default=Stance.AGREE)
    stance_reason = EncryptedText(blank=True)
    template = models.CharField(max_length=40, blank=True)
    structured = EncryptedJSON(blank=True, default=dict)
    updated_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    statement = EncryptedText(blank=True)
    signature = models.BinaryField(default=b"")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="opinion_version", fields=["application", "expert", "version"]),
            models.UniqueConstraint(
                name="one_living_opinion", fields=["application", "expert"], condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(
                name="withdrawn_after_signed",
                condition=Q(withdrawn_at__isnull=True) | Q(signed_at__isnull=False, withdrawn_at__gte=F("signed_at")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signed_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.signed_at IS NOT NULL"
                    " AND to_jsonb(OLD.*) - 'withdrawn_at' IS DISTINCT FROM to_jsonb(NEW.*) - 'withdrawn_at'"
                ),
            ),
            pgtrigger.Protect(
                name="signed_kept", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__signed_at__isnull=False)
            ),
        ]


class Report(models.Model):
    """One version of the joint report: drafted, approved by the chair, then signed and stored by a job.

    `content` is the draft as the chair edits it. A signed version never changes; a correction is the next version.
    `after_close`: it corrects the report of a case that had ended, which ends again with it.
    `code` is printed on the paper and opens the page that verifies it; `digest` is the signed file's SHA-256 (hex).
    `no_room_since`: the store takes no file since then, and the signed one waits for it.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    application = models.ForeignKey(Application, models.PROTECT, related_name="reports")
    version = models.PositiveSmallIntegerField(default=1)
    content = EncryptedJSON(blank=True)
    updated_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    file = models.ForeignKey("kernel.File", models.PROTECT, null=True, related_name="+")
    correction_reason = EncryptedText(blank=True)
    after_close = models.BooleanField(default=False)
    code = models.CharField(max_length=12, blank=True, default=new_code)
    digest = models.CharField(max_length=64, blank=True)
    no_room_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="report_code", fields=["code"], condition=~Q(code="")),
            models.UniqueConstraint(name="report_version", fields=["application", "version"]),
            models.UniqueConstraint(
                name="one_report_in_work", fields=["application"], condition=Q(signed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="signed_report_is_whole",
                condition=Q(signed_at__isnull=True) | Q(approved_at__isnull=False, file__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signed_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__signed_at__isnull=False)
            ),
            pgtrigger.Protect(
                name="signed_kept", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__signed_at__isnull=False)
            ),
        ]


class CosigningState(models.TextChoices):
    """Where a signature beside the chair's stands."""

    WAITING = "waiting", _("Not answered yet")
    SIGNED = "signed", _("Co-signed")
    PASSED = "passed", _("Does not co-sign")


class Cosignature(models.Model):
    """An expert asked to sign a report version beside its chair. The words cannot change meanwhile: a report that goes
    back to the chair's desk loses all of these."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    report = models.ForeignKey(Report, models.PROTECT, related_name="cosignatures")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    required = models.BooleanField()
    state = models.CharField(max_length=10, choices=CosigningState, default=CosigningState.WAITING)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cosigned_once", fields=["report", "expert"]),
            models.CheckConstraint(name="required_is_not_passed", condition=~Q(state="passed") | Q(required=False)),
            models.CheckConstraint(
                name="cosigning_answered",
                condition=Q(state="waiting", answered_at__isnull=True)
                | (~Q(state="waiting") & Q(answered_at__isnull=False)),
            ),
        ]


@pghistory.track()
class CosigningRule(models.Model):
    """A department's rule: all experts of its consultations sign the report, beside the chair. No row: who wishes."""

    specialty = models.OneToOneField(
        "people.Specialty", models.PROTECT, primary_key=True, related_name="+", verbose_name=_("Specialty")
    )
    everybody = models.BooleanField(_("All experts co-sign"), default=True)

    class Meta:
        verbose_name = _("co-signing rule")
        verbose_name_plural = _("co-signing rules")

    def __str__(self) -> str:
        return str(self.specialty)
