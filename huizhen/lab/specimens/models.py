"""Where specimens are taken, the tubes and who is in them, what was ordered for them, and the boxes they travel in."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedBytes, EncryptedJSON, EncryptedText
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.specimens import triggers

CAPACITIES = (1, 5, 10, 20)
ACCOUNT = settings.AUTH_USER_MODEL


@pghistory.track()
class Site(models.Model):
    """A place where specimens are taken, and the laboratory that tests them."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    laboratory = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("laboratory")
    )
    name = models.CharField(_("name"), max_length=80)
    code = models.CharField(_("four digits, on every label"), max_length=4, unique=True)
    labels = models.IntegerField(_("labels printed"), default=0, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("collection site")
        verbose_name_plural = _("collection sites")
        constraints = [
            models.CheckConstraint(name="site_code_digits", condition=Q(code__regex=r"^[0-9]{4}$")),
            models.CheckConstraint(name="site_labels_fit", condition=Q(labels__gte=0, labels__lt=10**9)),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Campaign(models.Model):
    """Testing of many: what for, in tubes of how many, from when to when."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=80)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+", verbose_name=_("panel"))
    capacity = models.SmallIntegerField(_("persons in a tube"), default=10)
    begins_on = models.DateField(_("begins on"))
    ends_on = models.DateField(_("ends on"))

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(name="campaign_capacity", condition=Q(capacity__in=CAPACITIES)),
            models.CheckConstraint(name="campaign_in_order", condition=Q(ends_on__gte=F("begins_on"))),
        ]

    def __str__(self) -> str:
        return self.name


class Box(models.Model):
    """Tubes that travel together: sealed with a count, sent, received with a count."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="boxes")
    laboratory = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    sealed_at = models.DateTimeField()
    sealed_by = models.ForeignKey(ACCOUNT, models.PROTECT, related_name="+", db_index=False)
    sealed_count = models.IntegerField()
    carrier = models.CharField(max_length=60, blank=True)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    received_count = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("box")
        verbose_name_plural = _("boxes")
        constraints = [
            models.CheckConstraint(
                name="box_counts",
                condition=Q(sealed_count__gte=0) & (Q(received_count=None) | Q(received_count__gte=0)),
            ),
            models.CheckConstraint(
                name="box_received_is_counted",
                condition=Q(received_at=None, received_count=None)
                | Q(received_at__isnull=False, received_count__isnull=False),
            ),
        ]
        indexes = [models.Index(name="box_laboratory", fields=["laboratory", "-sealed_at"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Tube(models.Model):
    """One tube: a specimen of one person, or of several mixed. The barcode is its only name outside the house.

    `client_id` is the collecting phone's own key: sending a tube again changes nothing. `part_of` is the tube it was
    mixed into in the laboratory. The milestones say how far it has come.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    barcode = models.CharField(max_length=40)
    capacity = models.SmallIntegerField()
    site = models.ForeignKey(Site, models.PROTECT, related_name="tubes", db_index=False)
    laboratory = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="tubes", db_index=False)
    box = models.ForeignKey(Box, models.PROTECT, null=True, related_name="tubes")
    part_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts", db_index=False)
    client_id = models.UUIDField(unique=True)
    collected_at = models.DateTimeField()
    collected_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    received_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = EncryptedText(max_length=200, null=True)

    class Meta:
        verbose_name = _("tube")
        verbose_name_plural = _("tubes")
        constraints = [
            models.UniqueConstraint(name="tube_barcode_once", fields=["barcode"]),
            models.CheckConstraint(name="tube_capacity", condition=Q(capacity__in=CAPACITIES)),
            models.CheckConstraint(name="tube_barcode_shape", condition=Q(barcode__regex=r"^[A-Z0-9][A-Z0-9-]{4,39}$")),
            models.CheckConstraint(name="tube_void_reason", condition=Q(void_reason__isnull=True) | ~Q(voided_at=None)),
            # A mixed tube is never mixed again; the trigger holds the other half: mixing is into a mixed tube.
            models.CheckConstraint(name="no_pool_of_pools", condition=Q(part_of=None) | Q(capacity=1)),
        ]
        indexes = [
            models.Index(name="tube_collected", fields=["laboratory", "collected_at"]),
            models.Index(name="tube_site", fields=["site", "-collected_at"]),
            models.Index(name="tube_waiting", fields=["collected_at"], condition=Q(released_at=None, voided_at=None)),
            models.Index(name="tube_part_of", fields=["part_of"], condition=Q(part_of__isnull=False)),
        ]
        triggers = [triggers.MIXED, pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.barcode


class TubePerson(models.Model):
    """A person in a tube. `person` is the keyed fingerprint under which results are looked up (`queries.person_key`),
    stored here so that releasing a tube to all its persons is one statement."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="persons", db_index=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+")
    person = models.UUIDField()
    seat = models.SmallIntegerField()

    class Meta:
        verbose_name = _("person in a tube")
        verbose_name_plural = _("persons in tubes")
        constraints = [
            models.UniqueConstraint(name="tube_person_once", fields=["tube", "patient"]),
            models.UniqueConstraint(name="tube_seat_once", fields=["tube", "seat"]),
            models.CheckConstraint(name="tube_seat_counts", condition=Q(seat__gte=1)),
        ]
        triggers = [triggers.SEATS, pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Reason(models.TextChoices):
    """Why something was ordered."""

    CAMPAIGN = "campaign", _("Campaign")
    DOCTOR = "doctor", _("Ordered by a doctor")
    RETEST = "retest", _("Single re-test")
    GIVEN_UP = "given_up", _("Tube given up")


class TestOrder(models.Model):
    """What is to be tested: in a tube, or, before there is one, for a person. `because_of` is the tube for which
    the person is tested again: a mixed one that was not negative, or any that was given up; `fulfilled_by` the one in
    which it was taken."""

    __test__ = False  # not a test of ours

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, null=True, related_name="orders", db_index=False)
    patient = models.ForeignKey("records.Patient", models.PROTECT, null=True, related_name="+", db_index=False)
    panel = models.ForeignKey(Panel, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=10, choices=Reason)
    doctor = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    because_of = models.ForeignKey(Tube, models.PROTECT, null=True, related_name="retests", db_index=False)
    fulfilled_by = models.ForeignKey(Tube, models.PROTECT, null=True, related_name="+", db_index=False)
    ordered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(name="order_has_one_subject", condition=Q(tube=None) ^ Q(patient=None)),
            models.CheckConstraint(name="order_of_person_has_cause", condition=Q(patient=None) | ~Q(because_of=None)),
            models.UniqueConstraint(name="order_once_per_tube", fields=["tube", "panel"]),
            models.UniqueConstraint(name="retest_once", fields=["because_of", "patient", "panel"]),
        ]
        indexes = [
            models.Index(
                name="order_open_for_person",
                fields=["patient", "panel"],
                condition=Q(patient__isnull=False, fulfilled_by=None),
            ),
            models.Index(name="order_of_person", fields=["id"], condition=Q(patient__isnull=False)),
            models.Index(name="order_retest_tube", fields=["fulfilled_by"], condition=Q(fulfilled_by__isnull=False)),
        ]


class Clash(models.Model):
    """A barcode that was scanned again, elsewhere or for other persons. What the second one sent is kept, sealed: the
    persons have gone home and cannot be asked to come again."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="clashes")
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    client_id = models.UUIDField(unique=True)
    content = EncryptedJSON()
    at = models.DateTimeField()
    by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    settled_by = models.ForeignKey(Tube, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("barcode used twice")
        verbose_name_plural = _("barcodes used twice")
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Doubt(models.Model):
    """A person whose document is on file under another name: what was said at the site, sealed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    tube = models.ForeignKey(Tube, models.PROTECT, related_name="doubts")
    patient = models.ForeignKey("records.Patient", models.PROTECT, related_name="+", db_index=False)
    said = EncryptedJSON()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("doubt about a person")
        verbose_name_plural = _("doubts about persons")
        constraints = [models.UniqueConstraint(name="doubt_once", fields=["tube", "patient"])]


class UnknownScan(models.Model):
    """A barcode that came with a box and that nobody has registered."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    barcode = models.CharField(max_length=40)
    box = models.ForeignKey(Box, models.PROTECT, related_name="unknown")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("unknown barcode")
        verbose_name_plural = _("unknown barcodes")
        constraints = [models.UniqueConstraint(name="unknown_scan_once", fields=["box", "barcode"])]
        indexes = [models.Index(name="unknown_scan_barcode", fields=["barcode"])]


class Step(models.TextChoices):
    """What is done with a list: nothing is registered before somebody has seen what the check found."""

    CHECK = "check", _("Being checked")
    REGISTER = "register", _("Being registered")


class PersonList(models.Model):
    """A list of persons on its way. `content` is deleted when they are registered; `done` rows are worked off, so that
    whoever dies in the middle goes on there. `faults`: row, as Excel counts, to field and code; `stopped`: why it ended
    early. The same file at the same site is the same list."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=200)
    content = EncryptedBytes(blank=True)
    digest = models.BinaryField(max_length=32)
    step = models.CharField(max_length=10, choices=Step, default=Step.CHECK)
    rows = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=dict)
    stopped = models.CharField(max_length=20, blank=True)
    asked_by = models.ForeignKey(ACCOUNT, models.PROTECT, null=True, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("list of persons")
        verbose_name_plural = _("lists of persons")
        constraints = [
            models.UniqueConstraint(name="list_once", fields=["site", "digest"]),
            models.CheckConstraint(name="list_counts", condition=Q(done=F("new") + F("known") + F("bad"))),
            models.CheckConstraint(name="list_done", condition=Q(done__lte=F("rows"))),
        ]
        indexes = [models.Index(name="list_of_site", fields=["site", "-asked_at"])]
