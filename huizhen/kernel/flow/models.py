"""Cases, their timeline, their deadlines, who takes part, and the operator's own figures for the deadlines."""

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import ids
from huizhen.kernel.calendar.lengths import UNITS
from huizhen.kernel.crypto.fields import EncryptedText
from huizhen.kernel.flow.figures import named

OPEN = Q(closed_at__isnull=True)
LONGEST = 10_000  # of whatever unit


class Urgency(models.TextChoices):
    """How fast a case must go; it chooses the length of every deadline."""

    NORMAL = "normal", _("普通")
    URGENT = "urgent", _("加急")


class Unit(models.TextChoices):
    """The units of `calendar.Length`."""

    MINUTES = "minutes", _("Minutes")
    HOURS = "hours", _("Hours")
    DAYS = "days", _("Days, holidays included")
    WORKING_HOURS = "working_hours", _("Working hours")
    WORKING_DAYS = "working_days", _("Working days")


class Audience(models.TextChoices):
    """Who may see a timeline entry: each includes the ones after it."""

    PATIENT = "patient", _("Patient and staff")
    STAFF = "staff", _("Staff on the case")
    TEAM = "team", _("Owning team")


TOLD = """
IF TG_OP = 'UPDATE' AND ROW(NEW.state, NEW.owner_id, NEW.team, NEW.urgency, NEW.closed_at)
   IS NOT DISTINCT FROM ROW(OLD.state, OLD.owner_id, OLD.team, OLD.urgency, OLD.closed_at) THEN
    RETURN NULL;
END IF;
IF TG_OP = 'UPDATE' AND NEW.version <= OLD.version THEN
    RAISE EXCEPTION 'case % changed without a new timeline entry', NEW.id USING ERRCODE = 'check_violation';
END IF;
IF NOT EXISTS (SELECT 1 FROM kernel_caseevent e
               WHERE e.case_id = NEW.id AND e.number = NEW.version AND e.to_state = NEW.state)
   AND NOT EXISTS (SELECT 1 FROM kernel_case c WHERE c.id = NEW.id AND c.version > NEW.version) THEN
    RAISE EXCEPTION 'case % reached % without its timeline entry %', NEW.id, NEW.state, NEW.version
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Case(models.Model):
    """Anything somebody waits for. Written only by `kernel.flow`; a feature's table points here, never the reverse.

    `organisation_id` and `patient_id` are keys of tables above the kernel; those modules add the foreign keys.
    `team` is a role at `team_organisation_id`, or `each:<capacity>` where every participant of a capacity must act.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    urgency = models.CharField(max_length=10, choices=Urgency)
    organisation_id = models.UUIDField()
    patient_id = models.UUIDField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    team = models.CharField(max_length=40, blank=True)
    team_organisation_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    state_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    late_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(name="open_case_has_owner", condition=~OPEN | Q(owner__isnull=False) | ~Q(team="")),
            models.CheckConstraint(name="closed_case_has_no_deadline", condition=OPEN | Q(due_at__isnull=True)),
        ]
        indexes = [
            models.Index(name="case_team_due", fields=["team_organisation_id", "team", "due_at", "id"], condition=OPEN),
            models.Index(name="case_owner_due", fields=["owner", "due_at", "id"], condition=OPEN),
            models.Index(name="case_organisation_due", fields=["organisation_id", "due_at", "id"], condition=OPEN),
            models.Index(name="case_organisation_opened", fields=["organisation_id", "-opened_at", "id"]),
            models.Index(name="case_patient", fields=["patient_id", "-opened_at"]),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="told",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "owner_id", "team", "urgency", "closed_at"),
                timing=pgtrigger.Deferred,
                func=TOLD,
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number


class CaseEvent(models.Model):
    """One line of a case's timeline. Never changed, never removed. `data` holds no health data; `reason` is sealed."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="events", db_index=False)
    number = models.IntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=80)
    from_state = models.CharField(max_length=40, blank=True)
    to_state = models.CharField(max_length=40)
    reason = EncryptedText(blank=True)
    data = models.JSONField(default=dict)
    audience = models.CharField(max_length=10, choices=Audience)

    class Meta:
        constraints = [models.UniqueConstraint(name="timeline_numbered", fields=["case", "number"])]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


class CaseDeadline(models.Model):
    """One clock of a case. `sweep_at` is when the sweep must look at it next; empty: never.

    `holder` must act, where it is one person among several. `account` lists how the date came about:
    `[{"at": …, "what": "start" | "pause" | "resume" | "extend", …}]`, times in ISO 8601.
    """

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="deadlines")
    name = models.CharField(max_length=60)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    calendar = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    met = models.BooleanField(null=True)
    sweep_at = models.DateTimeField(null=True)
    reminders = models.SmallIntegerField(default=0)
    account = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_clock_of_a_name", fields=["case", "name"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="ended_or_paused_clock_sleeps",
                condition=Q(sweep_at__isnull=True) | Q(ended_at__isnull=True, paused_at__isnull=True),
            ),
            models.CheckConstraint(name="clock_runs_forward", condition=Q(due_at__gte=F("started_at"))),
        ]
        indexes = [
            models.Index(name="deadline_sweep", fields=["sweep_at"], condition=Q(sweep_at__isnull=False)),
            models.Index(
                name="deadline_holder",
                fields=["holder", "due_at", "case"],
                condition=Q(ended_at__isnull=True, holder__isnull=False),
            ),
        ]


class Participant(models.Model):
    """Who takes part in a case, as what, from when to when. Access, messages and conversation use this list."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="participants")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    capacity = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="once_in_a_capacity", fields=["case", "account", "capacity"], condition=Q(until__isnull=True)
            )
        ]
        indexes = [models.Index(name="participant_account", fields=["account", "case"])]


class CaseNumber(models.Model):
    """Always empty: the sequence of its key numbers the cases."""

    id = models.BigAutoField(primary_key=True)


@pghistory.track()
class Promise(models.Model):
    """An operator's own length for a deadline, in place of the flow's default; every change is kept."""

    kind = models.CharField(_("flow"), max_length=40)
    deadline = models.CharField(_("deadline"), max_length=60)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency)
    unit = models.CharField(_("unit of time"), max_length=20, choices=Unit)
    amount = models.PositiveIntegerField(_("amount"), validators=[MinValueValidator(1), MaxValueValidator(LONGEST)])

    class Meta:
        verbose_name = _("length of a deadline")
        verbose_name_plural = _("lengths of deadlines")
        constraints = [
            models.UniqueConstraint(name="one_promise", fields=["kind", "deadline", "urgency"]),
            models.CheckConstraint(name="promise_is_a_length", condition=Q(unit__in=UNITS, amount__range=(1, LONGEST))),
        ]

    def __str__(self) -> str:
        return f"{named(self.kind, self.deadline)} · {self.get_urgency_display()}"
