"""The delivery ledger: what has to be reported, in which batch it went, what the platform answered."""

from uuid import UUID

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText
from huizhen.lab.results.models import Observation

FIRST = UUID(int=0)  # before every key
MOST_AT_ONCE = 2000  # results in a batch, unless a platform takes fewer


class Format(models.TextChoices):
    """What a platform takes."""

    HL7 = "hl7", _("HL7 2.5.1 (ORU^R01)")
    FHIR = "fhir", _("FHIR R4 bundle")
    EXCEL = "excel", _("Excel file")


class State(models.TextChoices):
    """Where a delivery stands. `SENDING` means that it may have arrived: only an answer or a question ends it."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("On its way")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused, set aside")


class BatchState(models.TextChoices):
    """Where a batch stands. `UNKNOWN`: sent, no answer; the platform is asked. `GONE`: it never arrived."""

    SENDING = "sending", _("On its way")
    UNKNOWN = "unknown", _("No answer yet")
    ANSWERED = "answered", _("Answered")
    GONE = "gone", _("Never arrived")


@pghistory.track()
class Upstream(models.Model):
    """A platform that wants the results of an organisation and of everything below it."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=80)
    format = models.CharField(_("format"), max_length=10, choices=Format)
    url = models.URLField(_("address"))
    secret = EncryptedText(_("password"), max_length=200, blank=True)
    most_at_once = models.PositiveSmallIntegerField(_("results in a batch, at most"), default=MOST_AT_ONCE)
    is_active = models.BooleanField(_("in use"), default=True)
    paused_until = models.DateTimeField(null=True, editable=False)
    failures = models.SmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("upstream platform")
        verbose_name_plural = _("upstream platforms")
        constraints = [
            models.CheckConstraint(name="upstream_format", condition=Q(format__in=Format.values)),
            models.CheckConstraint(name="upstream_most_at_once", condition=Q(most_at_once__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class Backfill(models.Model):
    """Earlier results for a platform that came later: everything released from `since` to `until`. `expected`
    deliveries were shown and confirmed, `made` were entered, `known` were there; `reached` is the last observation
    that was looked at, so that whoever dies is gone on for."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    upstream = models.ForeignKey(Upstream, models.PROTECT, related_name="backfills", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    expected = models.PositiveIntegerField()
    made = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    reached = models.UUIDField(default=FIRST)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("earlier results reported")
        verbose_name_plural = _("earlier results reported")
        constraints = [
            models.UniqueConstraint(name="backfill_one_at_a_time", fields=["upstream"], condition=Q(ended_at=None)),
            models.CheckConstraint(name="backfill_in_order", condition=Q(since__lt=F("until"))),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Batch(models.Model):
    """Deliveries that went together. Committed before anything leaves, so that a question can always be asked."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    upstream = models.ForeignKey(Upstream, models.PROTECT, related_name="batches", db_index=False)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.SENDING)
    size = models.IntegerField()
    sent_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    detail = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [
            models.Index(
                name="batch_open", fields=["upstream", "sent_at"], condition=Q(state__in=["sending", "unknown"])
            ),
            models.Index(name="batch_upstream", fields=["upstream", "-sent_at"]),
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Delivery(models.Model):
    """One person's result in one version for one platform. The key comes from the content: the same result is the same
    delivery, however often it is enlisted. `cohort`: those that must go together while the one that poisons a batch is
    looked for."""

    id = models.UUIDField(primary_key=True, editable=False)
    upstream = models.ForeignKey(Upstream, models.PROTECT, related_name="deliveries", db_index=False)
    observation = models.ForeignKey(Observation, models.PROTECT, related_name="+")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    cohort = models.UUIDField(null=True)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="deliveries")
    attempts = models.SmallIntegerField(default=0)
    receipt = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    enlisted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(
                name="delivery_settled",
                condition=Q(state__in=["accepted", "refused"], settled_at__isnull=False)
                | Q(state__in=["waiting", "sending"], settled_at=None),
            ),
            models.CheckConstraint(
                name="delivery_sending_in_batch", condition=~Q(state="sending") | Q(batch__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                name="delivery_waiting", fields=["upstream", "enlisted_at", "id"], condition=Q(state="waiting")
            ),
            models.Index(name="delivery_refused", fields=["upstream"], condition=Q(state="refused")),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="accepted_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.state = 'accepted'"),
            ),
        ]
