"""What went wrong, as a table beside its case."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedJSON
from huizhen.kernel.flow.models import Case


class Kind(models.TextChoices):
    """The kinds of trouble (domain, section 1: laboratory exception)."""

    WRONG_PERSON = "wrong_person", _("Person data contradict each other")
    TWO_RECORDS = "two_records", _("Results of one person under two records")
    NOT_VISIBLE = "not_visible", _("Released, but not visible to everybody in the tube")
    UNKNOWN_SENDER = "unknown_sender", _("Somebody sends whom nobody has registered")
    INSTRUMENT_DOWN = "instrument_down", _("Instrument cannot be reached")
    BARCODE_UNREADABLE = "barcode_unreadable", _("Result without a barcode")
    BARCODE_UNKNOWN = "barcode_unknown", _("Result for a barcode that nobody registered")
    BOX_UNKNOWN = "box_unknown", _("Tube in a box that nobody registered")
    BARCODE_CLASH = "barcode_clash", _("One barcode scanned twice")
    READ_OTHERWISE = "read_otherwise", _("Value that its message does not say any more")
    SEVERAL_RESULTS = "several_results", _("Two results that contradict each other")
    BOX_DIFFERS = "box_differs", _("Box received with other tubes than were sealed")
    NOT_RECEIVED = "not_received", _("Collected, not received")
    NOT_TESTED = "not_tested", _("Received, not tested")
    NOT_RETESTED = "not_retested", _("Single re-test ordered, nobody has come")
    NOT_UNDERSTOOD = "not_understood", _("Sent by the instrument, not understood")
    NOT_REVIEWED = "not_reviewed", _("Tested, waiting for its review")
    NOT_RELEASED = "not_released", _("Tested, every value rejected, no new run")
    NOT_REPORTED = "not_reported", _("Released, not reported upstream")
    PLATFORM_SHUT = "platform_shut", _("The upstream platform does not let us in")
    NOT_ENLISTED = "not_enlisted", _("Released, and never put down for reporting")
    NOT_HANDED_IN = "not_handed_in", _("Reporting file made, not handed in")
    REPORT_REFUSED = "report_refused", _("Refused by the upstream platform")
    IMPLAUSIBLE = "implausible", _("Value that cannot be true")
    CONTROL_FAILED = "control_failed", _("Control failed")
    RUN_FAILED = "run_failed", _("Run gave no result")


class Trouble(models.Model):
    """One trouble. `subject` names what it is about, so that it is opened once; `count` how many are concerned;
    `repair` a proposed repair that waits for a second person, sealed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="lab_exception")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=160)
    reference = models.UUIDField(null=True)
    barcode = models.CharField(max_length=60, blank=True)
    site = models.ForeignKey("lab.Site", models.PROTECT, null=True, related_name="+")
    laboratory = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    count = models.IntegerField(default=1)
    repair = EncryptedJSON(blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("laboratory exception")
        verbose_name_plural = _("laboratory exceptions")
        constraints = [
            models.UniqueConstraint(name="trouble_open_once", fields=["subject"], condition=Q(closed_at=None)),
            models.CheckConstraint(name="trouble_kind", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="trouble_count", condition=Q(count__gte=1)),
        ]
        indexes = [models.Index(name="trouble_laboratory", fields=["laboratory", "kind"], condition=Q(closed_at=None))]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
