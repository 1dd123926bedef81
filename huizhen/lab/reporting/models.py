"""The delivery ledger: what has to be reported, in which batch it went, what the platform answered."""

from uuid import UUID

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedBytes, EncryptedText
from huizhen.lab.results.models import Observation

FIRST = UUID(int=0)  # before every key
MOST_AT_ONCE = 2000  # results in a batch, unless a platform takes fewer
ACCOUNT = settings.AUTH_USER_MODEL


class Way(models.TextChoices):
    """How a batch gets there."""

    HTTP = "http", _("By itself, over the network")
    HAND = "hand", _("By hand, as an Excel file")


class Format(models.TextChoices):
    """What a platform takes."""

    HL7 = "hl7", _("HL7 2.5.1 (ORU^R01)")
    FHIR = "fhir", _("FHIR R4 bundle")
    EXCEL = "excel", _("Excel file")


class Shut(models.TextChoices):
    """Why a platform does not let us in, though it is there."""

    PASSWORD = "password", _("It does not take our password, or we may not report there any more")
    ADDRESS = "address", _("There is nothing at the address that we send to")
    SIZE = "size", _("It finds even a single result too large")
    REQUEST = "request", _("It does not take what we send the way we send it")


class State(models.TextChoices):
    """Where a delivery stands. `SENDING` means that it may have arrived: only an answer or a question ends it."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("On its way")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused, set aside")


class BatchState(models.TextChoices):
    """Where a batch stands. `UNKNOWN`: sent, no answer; the platform is asked. `GONE`: it never arrived. `PREPARED`,
    `DOWNLOADED` and `HANDED_IN` are of batches that a person carries."""

    PREPARED = "prepared", _("Made, not downloaded yet")
    DOWNLOADED = "downloaded", _("Downloaded, not handed in yet")
    HANDED_IN = "handed_in", _("Handed in, no answer yet")
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
    way = models.CharField(_("how a batch gets there"), max_length=5, choices=Way, default=Way.HTTP)
    url = models.URLField(_("address"), blank=True)
    secret = EncryptedText(_("password"), max_length=200, blank=True)
    most_at_once = models.PositiveSmallIntegerField(_("results in a batch, at most"), default=MOST_AT_ONCE)
    hand_in_hours = models.PositiveSmallIntegerField(_("to be handed in within, in hours"), default=24)
    is_active = models.BooleanField(_("in use"), default=True)
    paused_until = models.DateTimeField(null=True, editable=False)
    failures = models.SmallIntegerField(default=0, editable=False)
    shut_since = models.DateTimeField(null=True, editable=False)
    shut_why = models.CharField(max_length=10, choices=Shut, blank=True, editable=False)

    class Meta:
        verbose_name = _("upstream platform")
        verbose_name_plural = _("upstream platforms")
        constraints = [
            models.CheckConstraint(name="upstream_format", condition=Q(format__in=Format.values)),
            models.CheckConstraint(name="upstream_most_at_once", condition=Q(most_at_once__gte=1)),
            models.CheckConstraint(
                name="upstream_way_fits",
                condition=Q(way="http") & ~Q(url="") | Q(way="hand", format="excel"),
                violation_error_message=_("Over the network it needs an address; by hand it takes an Excel file."),
            ),
            models.CheckConstraint(
                name="upstream_shut",
                condition=Q(shut_since=None, shut_why="") | Q(shut_since__isnull=False, shut_why__in=Shut.values),
            ),
            models.CheckConstraint(name="upstream_hand_in_hours", condition=Q(hand_in_hours__gte=1)),
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
    asked_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
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
                name="batch_open", fields=["upstream", "sent_at"], condition=~Q(state__in=["answered", "gone"])
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


class Template(models.Model):
    """A platform's own workbook, which is filled instead of ours. The latest one that was confirmed counts; `columns`
    says for each heading what stands below it: a field (`sheet.FIELDS`), `=` and a fixed text, or nothing; `words` by
    field and our code what the platform calls it (`sheet.CODED`), where that is not our word."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    upstream = models.ForeignKey(Upstream, models.PROTECT, related_name="templates")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    sheet = models.CharField(max_length=31)
    header_row = models.PositiveSmallIntegerField()
    headings = ArrayField(models.CharField(max_length=200))
    columns = ArrayField(models.CharField(max_length=200))
    words = models.JSONField(default=dict)
    made_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("template of a platform")
        verbose_name_plural = _("templates of platforms")
        constraints = [models.CheckConstraint(name="template_header_row", condition=Q(header_row__gte=1))]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="confirmed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.confirmed_at IS NOT NULL"),
            ),
        ]


class HandIn(models.Model):
    """The file of a batch that a person carries, and who did what with it. `content` is made once, so that it is the
    same however often it is downloaded, and deleted when the batch is over; its first result stands in `first_row`."""

    batch = models.OneToOneField(Batch, models.PROTECT, primary_key=True, related_name="hand_in")
    content = EncryptedBytes(blank=True)
    first_row = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    made_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    downloaded_at = models.DateTimeField(null=True)
    downloaded_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    receipt = models.CharField(max_length=80, blank=True)
    ended_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("batch handed in by hand")
        verbose_name_plural = _("batches handed in by hand")
        constraints = [
            models.CheckConstraint(
                name="hand_in_after_download", condition=Q(handed_at=None) | Q(downloaded_at__isnull=False)
            )
        ]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
