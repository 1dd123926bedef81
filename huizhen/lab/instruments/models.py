"""Tables of instruments: which there are, every byte they sent, how often they send, and how they are to be read."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedBytes, EncryptedJSON


class Link(models.TextChoices):
    """How bytes come from an instrument to us."""

    CALLS = "calls", _("It connects to us")
    CALLED = "called", _("We connect to it")
    SERIAL = "serial", _("Serial line")
    FOLDER = "folder", _("Folder of files")


class LinkState(models.TextChoices):
    """What the intake process knows of the line. `UNKNOWN` until it was tried."""

    UNKNOWN = "unknown", _("Not connected yet")
    OPEN = "open", _("Connected")
    CLOSED = "closed", _("Not connected")
    FAILING = "failing", _("Cannot connect")


class State(models.TextChoices):
    """Where a message stands.

    `KEPT`: stored and acknowledged, not read yet. `UNCLAIMED`: from a sender nobody has registered. `UNDERSTOOD`: its
    observations are stored. `SET_ASIDE`: kept whole, but it holds nothing that can be read. `ANSWERED`: a question
    of the instrument that was answered.
    """

    KEPT = "kept", _("Waiting to be read")
    UNCLAIMED = "unclaimed", _("Unknown sender")
    UNDERSTOOD = "understood", _("Understood")
    SET_ASIDE = "set_aside", _("Set aside")
    ANSWERED = "answered", _("Question, answered")


class Instrument(models.Model):
    """A device that sends results, known by where it calls from and what it calls itself.

    `address`: a host for `calls` (blank: any), `host:port` for `called`, a device such as `/dev/ttyS0` for `serial`, a
    folder for `folder`. `port`: a listening port of its own, 0 for the one of its protocol. `identity`: what it says
    of itself (MSH-3 or H-5), matched as a part of it; blank where the address is enough. `silence_after`: minutes
    without a message that are too long, where the habit it was seen to have is not to decide.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    name = models.CharField(_("name of the instrument"), max_length=120)
    profile = models.CharField(_("profile"), max_length=60)
    link = models.CharField(_("connection"), max_length=10, choices=Link, default=Link.CALLS)
    address = models.CharField(_("address"), max_length=200, blank=True)
    port = models.PositiveIntegerField(_("port of its own"), default=0)
    identity = models.CharField(_("calls itself"), max_length=120, blank=True)
    wants_orders = models.BooleanField(_("wants its orders sent"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    silence_after = models.PositiveIntegerField(_("silent after (minutes)"), null=True, blank=True)
    silent_since = models.DateTimeField(null=True, editable=False)
    link_state = models.CharField(max_length=10, choices=LinkState, default=LinkState.UNKNOWN, editable=False)
    link_since = models.DateTimeField(null=True, editable=False)

    # How it can be asked for results once more; comes with `queries.list_askable`.
    means: str

    class Meta:
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")
        constraints = [
            models.UniqueConstraint(name="instrument_name", fields=["organisation", "name"]),
            models.CheckConstraint(name="instrument_link", condition=Q(link__in=Link.values)),
            models.CheckConstraint(name="instrument_link_state", condition=Q(link_state__in=LinkState.values)),
            models.CheckConstraint(
                name="instrument_is_known_by_something", condition=~Q(address="") | ~Q(identity="") | ~Q(port=0)
            ),
            models.UniqueConstraint(
                name="one_instrument_per_sender",
                fields=["link", "address", "port", "identity"],
                condition=Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RawMessage(models.Model):
    """One message exactly as it came, committed before it was acknowledged.

    `sender` is the instrument's id, or where an unknown one called from and what it called itself. A message is the
    same only by sender and content (MSH-10 is often constant): a resend is counted in `repeats`, not stored again.
    `digest` is keyed. `problems` are plain codes. `read_as` is the profile and version that understood it,
    and whose version it is (`Profile.read_as`).
    `forgotten_at`: when its bytes were deleted, because their time was over (`results.actions.forget_messages`).
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    received_at = models.DateTimeField()
    instrument = models.ForeignKey(Instrument, models.PROTECT, null=True, related_name="+", db_index=False)
    sender = models.CharField(max_length=400)
    protocol = models.CharField(max_length=10)
    peer = models.CharField(max_length=200)
    payload = EncryptedBytes(blank=True)
    size = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    state = models.CharField(max_length=10, choices=State, default=State.KEPT)
    problems = ArrayField(models.CharField(max_length=200), default=list)
    repeats = models.PositiveIntegerField(default=0)
    repeated_at = models.DateTimeField(null=True)
    read_as = models.CharField(max_length=120, blank=True)
    read_at = models.DateTimeField(null=True)
    readings = models.PositiveIntegerField(default=0)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("raw message")
        verbose_name_plural = _("raw messages")
        constraints = [
            models.UniqueConstraint(name="message_once", fields=["sender", "digest"]),
            models.CheckConstraint(name="message_state", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="only_a_known_senders_message_is_read",
                condition=Q(state=State.UNCLAIMED, instrument__isnull=True)
                | Q(state__in=[State.KEPT, State.UNDERSTOOD], instrument__isnull=False)
                | Q(state__in=[State.SET_ASIDE, State.ANSWERED]),
            ),
            models.CheckConstraint(
                name="only_what_was_read_is_forgotten",
                condition=Q(forgotten_at=None) | Q(state__in=[State.UNDERSTOOD, State.ANSWERED]),
            ),
        ]
        indexes = [
            models.Index(name="message_pending", fields=["id"], condition=Q(state=State.KEPT)),
            models.Index(name="message_unclaimed", fields=["sender", "-id"], condition=Q(state=State.UNCLAIMED)),
            models.Index(name="message_of_instrument", fields=["instrument", "-id"]),
            models.Index(
                name="message_resent", fields=["instrument", "repeated_at"], condition=Q(repeated_at__isnull=False)
            ),
            models.Index(
                name="message_to_forget",
                fields=["received_at"],
                condition=Q(state__in=[State.UNDERSTOOD, State.ANSWERED], forgotten_at=None),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="as_it_came", fields=["received_at", "protocol", "peer", "size", "digest"]),
        ]


class InstrumentHour(models.Model):
    """How many messages an instrument sent in one hour, and how many of them had problems: its habit, and its rate."""

    id = models.BigAutoField(primary_key=True)
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_row_an_hour", fields=["instrument", "hour"])]


class DownloadState(models.TextChoices):
    """Where orders stand that an instrument is to be sent."""

    WAITING = "waiting", _("Waiting for its line")
    SENDING = "sending", _("Orders being sent")
    SENT = "sent", _("Orders sent")
    FAILED = "failed", _("Not taken")
    CALLED_OFF = "called_off", _("Called off")


class OrderDownload(models.Model):
    """Orders of one specimen for an instrument that wants them sent. `digest` makes the same orders one download, until
    they are called off: then they may be sent anew. `cancels`: this one calls that one off at the instrument."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="+", db_index=False)
    specimen = models.CharField(max_length=60, blank=True)
    orders = EncryptedJSON()
    digest = models.BinaryField(max_length=32)
    cancels = models.OneToOneField("self", models.CASCADE, null=True, related_name="cancelled_by")
    state = models.CharField(max_length=10, choices=DownloadState, default=DownloadState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="orders_once", fields=["instrument", "digest"], condition=~Q(state="called_off") & Q(cancels=None)
            ),
            models.CheckConstraint(name="download_state", condition=Q(state__in=DownloadState.values)),
        ]
        indexes = [
            models.Index(
                name="download_waiting", fields=["instrument", "id"], condition=Q(state__in=["waiting", "sending"])
            ),
            models.Index(name="download_specimen", fields=["specimen"], condition=~Q(state="called_off")),
        ]


class RequestState(models.TextChoices):
    """Where a question to an instrument stands. `EXPIRED`: given up, `why` says for what reason."""

    WAITING = "waiting", _("Waiting for its line")
    SENDING = "sending", _("Being asked")
    ASKED = "asked", _("Asked, no answer yet")
    ANSWERED = "answered", _("Results came")
    EXPIRED = "expired", _("Given up")


class ResultRequest(models.Model):
    """The results of one specimen, asked for once more. `means`: a question, or the orders sent again; `answer`: the
    message that brought them; `why` it was given up: `no_line`, `not_taken`, `no_answer`, `nothing_there`,
    `no_orders`, and `same_again` where the answer was one that is here already."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="+", db_index=False)
    specimen = models.CharField(max_length=60)
    means = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    why = models.CharField(max_length=20, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    tried_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    answer = models.ForeignKey(RawMessage, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("results asked for again")
        verbose_name_plural = _("results asked for again")
        constraints = [
            models.UniqueConstraint(
                name="asked_once_at_a_time",
                fields=["instrument", "specimen"],
                condition=Q(state__in=["waiting", "sending", "asked"]),
            ),
            models.CheckConstraint(
                name="request_state",
                condition=Q(state__in=["waiting", "sending", "asked"], ended_at=None)
                | Q(state__in=["answered", "expired"], ended_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="request_of_specimen", fields=["specimen", "-asked_at"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class ProfileVersion(models.Model):
    """A profile as an organisation changed it: it holds for the instruments of that organisation and below it, where no
    nearer one has its own (`in_use`). Of each organisation and name the newest version is in use; shipped profiles are
    files and belong to nobody."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    text = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        constraints = [models.UniqueConstraint(name="profile_version", fields=["organisation", "name", "version"])]
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete | pgtrigger.Update)]
