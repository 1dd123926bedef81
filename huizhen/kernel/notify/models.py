"""What people were told, by which ways it was tried, and what they wish. No health data in any of these tables."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.crypto.fields import EncryptedText

EVENING, MORNING = time(22), time(7)


class Channel(models.TextChoices):
    """The ways to reach somebody. `in_app` is always there; the others are tried in the order of a ladder."""

    IN_APP = "in_app", _("In the app")
    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    WECOM = "wecom", _("WeCom robot")
    DINGTALK = "dingtalk", _("DingTalk robot")
    FEISHU = "feishu", _("Feishu robot")


ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)


class Urgency(models.TextChoices):
    """Urgent goes at once, at night too, and may use the share of the budget that is kept for it."""

    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")


class Outcome(models.TextChoices):
    """How one attempt ended. Only `sent` ends the ladder well."""

    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("No answer: it may have arrived")
    FAILED = "failed", _("The service did not answer")
    LIMITED = "limited", _("Too many for the service")
    REFUSED = "refused", _("The service refused it")
    MISSET = "misset", _("The service is set up wrongly")
    SKIPPED = "skipped", _("Not tried")


class State(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    SEEN = "seen", _("Seen in the app before it was sent")
    EXHAUSTED = "exhausted", _("No way succeeded")


class Robot(models.Model):
    """A group robot of WeCom, DingTalk or Feishu: for a team (role at an organisation) or for one account."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    channel = models.CharField(_("service"), max_length=10, choices=[(c.value, c.label) for c in ROBOTS])
    name = models.CharField(_("name"), max_length=60)
    role = models.CharField(_("role"), max_length=40, blank=True)
    organisation_id = models.UUIDField(_("organisation"), null=True, blank=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    address = EncryptedText(_("webhook address"))
    secret = EncryptedText(_("signing secret"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("robot")
        verbose_name_plural = _("robots")
        constraints = [
            models.CheckConstraint(name="robot_channel", condition=Q(channel__in=ROBOTS)),
            models.CheckConstraint(
                name="robot_serves_team_or_account",
                condition=Q(account__isnull=False, role="", organisation_id__isnull=True)
                | (Q(account__isnull=True, organisation_id__isnull=False) & ~Q(role="")),
            ),
        ]
        indexes = [models.Index(name="robot_team", fields=["organisation_id", "role"])]

    def __str__(self) -> str:
        return self.name


TO_ONE = Q(account__isnull=False, robot__isnull=True) | Q(account__isnull=True, robot__isnull=False)


class Delivery(models.Model):
    """The way out of one or several notifications of a case to one account or robot, down a ladder of channels.

    `due_at` is when to try next. `step` is the rung that is next; what was tried is in the attempts.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    robot = models.ForeignKey(Robot, models.CASCADE, null=True, related_name="+", db_index=False)
    case_id = models.UUIDField(null=True)
    urgency = models.CharField(max_length=10, choices=Urgency)
    ladder = models.JSONField()
    step = models.SmallIntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    open_to_more = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="delivery_to_one", condition=TO_ONE),
            models.CheckConstraint(
                name="delivery_ended",
                condition=Q(state="waiting", ended_at__isnull=True) | (~Q(state="waiting") & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_open_bundle",
                fields=["account", "robot", "case_id", "urgency"],
                condition=Q(state="waiting", open_to_more=True),
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(name="delivery_due", fields=["due_at"], condition=Q(state="waiting"))]


class Notification(models.Model):
    """One thing somebody was told; the inbox shows it. `context` holds number, state, link, never health data."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    key = models.CharField(max_length=160)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    robot = models.ForeignKey(Robot, models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=80)
    urgency = models.CharField(max_length=10, choices=Urgency)
    case_id = models.UUIDField(null=True)
    context = models.JSONField(default=dict)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="notifications")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="told_once", fields=["key", "account", "robot"], nulls_distinct=False),
            models.CheckConstraint(name="notification_to_one", condition=TO_ONE),
        ]
        indexes = [
            models.Index(name="inbox", fields=["account", "-at", "-id"]),
            models.Index(name="inbox_unseen", fields=["account"], condition=Q(seen_at__isnull=True)),
        ]


class Attempt(models.Model):
    """One try on one channel. `code` is the service's own, `reference` its receipt. No addresses here."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", db_index=False)
    number = models.SmallIntegerField()
    channel = models.CharField(max_length=10, choices=Channel)
    outcome = models.CharField(max_length=10, choices=Outcome)
    code = models.CharField(max_length=80, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="attempt_numbered", fields=["delivery", "number"])]


class Preference(models.Model):
    """How an account wishes to be told. No row: everything on, quiet from 22 to 7."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    channels_off = models.JSONField(default=list)
    quiet_from = models.TimeField(default=EVENING)
    quiet_until = models.TimeField(default=MORNING)


class Spending(models.Model):
    """How much of a destination's budget is used in one window of time. The destination is an id, never an address."""

    channel = models.CharField(max_length=10)
    destination = models.CharField(max_length=80)
    window = models.DateTimeField()
    used = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="one_spending", fields=["channel", "destination", "window"])]
        indexes = [models.Index(name="spending_window", fields=["window"])]
