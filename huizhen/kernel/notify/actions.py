"""Telling people, and what they do with it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from huizhen.kernel import crypto, pulse
from huizhen.kernel.access import directory
from huizhen.kernel.notify import budget, jobs
from huizhen.kernel.notify.kinds import Kind, get_kind
from huizhen.kernel.notify.models import (
    EVENING,
    MORNING,
    Channel,
    Delivery,
    Notification,
    Preference,
    Robot,
    State,
    Urgency,
)
from huizhen.kernel.notify.ports import ADAPTERS, Result
from huizhen.kernel.notify.ports.aliyun import Sms
from huizhen.kernel.notify.words import plain_context


class TooOften(Exception):
    """This destination has got as many messages as it may today."""


class NotSwitchable(ValueError):
    """The inbox in the app cannot be switched off."""


@transaction.atomic
def tell(
    kind: str,
    account_ids: Iterable[UUID],
    *,
    key: str,
    context: dict[str, Any],
    urgency: str = "normal",
    at: datetime,
) -> int:
    """Tell accounts something, once: telling the same `key` again tells only those who do not know yet.

    `context` may hold `number`, `state`, `due`, `link`, `flow` for the words, and `case` (its id) for bundling: nothing
    about anybody's health. Delivery beyond the inbox is a job in the caller's transaction. Returns how many were new.

    Raises:
        UnknownKind, BadContext: programming errors.
    """
    found = get_kind(kind)
    kept, case_id = plain_context(context)
    rows = [
        Notification(
            key=key, account_id=account_id, kind=kind, urgency=urgency, case_id=case_id, context=kept, at=at
        )
        for account_id in dict.fromkeys(account_ids)
    ]  # fmt: skip
    fresh = _store(rows, found, at)
    pulse.beat(*((f"account:{row.account_id}:inbox", int(at.timestamp() * 1000)) for row in fresh))
    return len(fresh)


@transaction.atomic
def tell_team(
    kind: str,
    *,
    role: str,
    organisation_id: UUID,
    key: str,
    context: dict[str, Any],
    urgency: str = "normal",
    at: datetime,
) -> int:
    """Tell everybody who holds the role there, as `tell` does, and the team's group robots."""
    members = directory().members(role, organisation_id)
    told = tell(kind, members, key=key, context=context, urgency=urgency, at=at)
    return told + tell_robots(
        kind, role=role, organisation_id=organisation_id, key=key, context=context, urgency=urgency, at=at
    )  # fmt: skip


@transaction.atomic
def tell_robots(
    kind: str,
    *,
    role: str,
    organisation_id: UUID,
    key: str,
    context: dict[str, Any],
    urgency: str = "normal",
    at: datetime,
) -> int:
    """Tell the group robots of a team, once per `key`; returns how many were new."""
    kept, case_id = plain_context(context)
    robots = Robot.objects.filter(role=role, organisation_id=organisation_id, is_active=True)
    rows = [
        Notification(key=key, robot=robot, kind=kind, urgency=urgency, case_id=case_id, context=kept, at=at)
        for robot in robots
    ]
    return len(_store(rows, get_kind(kind), at))


def send_code(phone: str, code: str, *, at: datetime) -> Result:
    """Send a log-in code by SMS, now: no ladder, no quiet hours, but the number's budget.

    Raises:
        TooOften: the number has got enough messages today.
    """
    destination = "phone:" + crypto.blind(phone, purpose="notify.destination").hex()[:40]
    if not budget.spend(Channel.SMS, destination, Urgency.URGENT, at):
        raise TooOften
    sender = ADAPTERS[Channel.SMS]
    assert isinstance(sender, Sms)  # noqa: S101 - only this one knows templates
    return sender.send_template(phone, settings.SMS_CODE_TEMPLATE, {"code": code})


def mark_seen(account_id: UUID, *, at: datetime, ids: Sequence[UUID] | None = None, case_id: UUID | None = None) -> int:
    """Mark notifications as seen: these, or those of a case, or all. Returns how many were not seen before."""
    unseen = Notification.objects.filter(account_id=account_id, seen_at__isnull=True)
    if ids is not None:
        unseen = unseen.filter(id__in=ids)
    if case_id is not None:
        unseen = unseen.filter(case_id=case_id)
    with transaction.atomic():
        seen = unseen.update(seen_at=at)
        if seen:
            pulse.beat((f"account:{account_id}:inbox", int(at.timestamp() * 1000)))
    return seen


def prefer(
    account_id: UUID,
    *,
    channels_off: Iterable[str] = (),
    quiet_from: time = EVENING,
    quiet_until: time = MORNING,
) -> Preference:
    """Store how an account wishes to be told; equal times mean no quiet hours.

    Raises:
        NotSwitchable: the inbox is not to be switched off. ValueError: an unknown channel.
    """
    off = sorted({Channel(channel).value for channel in channels_off})
    if Channel.IN_APP in off:
        raise NotSwitchable
    wish, _ = Preference.objects.update_or_create(
        account_id=account_id,
        defaults={"channels_off": off, "quiet_from": quiet_from, "quiet_until": quiet_until},
    )
    return wish


def _store(rows: list[Notification], kind: Kind, at: datetime) -> list[Notification]:
    """Store what was not told yet, give it its way out, and return it."""
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    ids_stored = set(Notification.objects.filter(id__in=[row.id for row in rows]).values_list("id", flat=True))
    fresh = [row for row in rows if row.id in ids_stored]
    for row in fresh:
        ladder = [row.robot.channel] if row.robot else list(kind.ladder[row.urgency])
        if ladder:
            delivery = _delivery_for(row, ladder, at)
            Notification.objects.filter(id=row.id).update(delivery=delivery)
    return fresh


def _delivery_for(row: Notification, ladder: list[str], at: datetime) -> Delivery:
    """A delivery of its own for what is urgent or of no case; else the case's open bundle, made where there is none."""
    if row.urgency == Urgency.URGENT or row.case_id is None:
        return _open_delivery(row, ladder, at, due_at=at, open_to_more=False)
    reader = Q(account_id=row.account_id) if row.account_id else Q(robot_id=row.robot_id)
    open_bundle = Delivery.objects.select_for_update().filter(
        reader, case_id=row.case_id, urgency=row.urgency, state=State.WAITING, open_to_more=True
    )
    while True:
        bundle = open_bundle.all().first()
        if bundle:
            bundle.ladder += [channel for channel in ladder if channel not in bundle.ladder]
            bundle.save(update_fields=["ladder"])
            return bundle
        due_at = at + timedelta(seconds=settings.NOTIFY_BUNDLE_SECONDS)
        made = _open_delivery(row, ladder, at, due_at=due_at, open_to_more=True)
        if Delivery.objects.filter(id=made.id).exists():
            return made


def _open_delivery(
    row: Notification, ladder: list[str], at: datetime, *, due_at: datetime, open_to_more: bool
) -> Delivery:
    delivery = Delivery(
        account_id=row.account_id, robot_id=row.robot_id, case_id=row.case_id, urgency=row.urgency, ladder=ladder,
        created_at=at, due_at=due_at, open_to_more=open_to_more,
    )  # fmt: skip
    # Somebody may open the same bundle at this moment: then this one is not stored, and the caller looks again.
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
    if Delivery.objects.filter(id=delivery.id).exists():
        jobs.schedule(delivery.id, due_at)
    return delivery
