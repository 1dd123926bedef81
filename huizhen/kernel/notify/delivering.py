"""Going down the ladder: claim the next rung, send outside of any transaction, settle. A crash in between does no harm.

A claim writes its attempt before anything leaves. If the process dies, the attempt is found still `sending`; five
minutes later it counts as unknown, and the next rung is tried: nobody gets one message twice on one channel.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from huizhen.kernel import clock
from huizhen.kernel.access import Contact, directory
from huizhen.kernel.notify import budget, rules
from huizhen.kernel.notify.models import (
    ROBOTS,
    Attempt,
    Channel,
    Delivery,
    Notification,
    Outcome,
    Preference,
    Robot,
    State,
    Urgency,
)
from huizhen.kernel.notify.ports import ADAPTERS, Destination, Result
from huizhen.kernel.notify.words import Text, render_bundle

ROBOT_ZONE = "Asia/Shanghai"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """One attempt that is ours to make."""

    attempt_id: int
    to: Destination
    text: Text


@dataclass(frozen=True)
class Reader:
    """To whom a delivery goes, and what they wish."""

    language: str
    time_zone: str
    contact: Contact | None = None
    preference: Preference | None = None
    robot: Robot | None = None


def deliver(delivery_id: UUID, at: datetime) -> datetime | None:
    """Try until it is delivered, exhausted or must wait. Returns when to come back, nothing when there is no need."""
    while True:
        claim = claim_next(delivery_id, at)
        if not isinstance(claim, Claim):
            return claim
        result = _send(claim)
        at = clock.now()
        settle(claim.attempt_id, result, at)


def _send(claim: Claim) -> Result:
    """Send. An adapter that breaks, which it must not, may have sent: never again on this channel, the next rung."""
    try:
        return ADAPTERS[claim.to.channel].send(claim.to, claim.text)
    except Exception as error:
        log.exception("delivery_failed", attempt=claim.attempt_id, channel=claim.to.channel)
        return Result(Outcome.UNKNOWN, code="raised", detail=type(error).__name__)


@transaction.atomic
def note_failed(delivery_id: UUID, error: Exception, at: datetime) -> None:
    """Write down that a rung could not even be tried (a text that cannot be written, an address that cannot be read):
    an attempt that failed. It is tried again a few times, and then the next; behind the last the delivery ends."""
    delivery = Delivery.objects.select_for_update(skip_locked=True).filter(id=delivery_id, state=State.WAITING).first()
    if delivery is None:
        return
    if delivery.step >= len(delivery.ladder):
        _end(delivery, State.EXHAUSTED, at)
        return
    attempt = _attempt(delivery, delivery.ladder[delivery.step], Outcome.FAILED, at, code="raised")
    attempt.detail = type(error).__name__
    attempt.save(update_fields=["detail"])
    delivery.tries += 1
    _follow(delivery, Outcome.FAILED, at)


@transaction.atomic
def claim_next(delivery_id: UUID, at: datetime) -> Claim | datetime | None:
    """Take the next attempt under lock; or say when to come back; or end the delivery and return nothing."""
    delivery = Delivery.objects.select_for_update(skip_locked=True).filter(id=delivery_id).first()
    if delivery is None or delivery.state != State.WAITING:
        return None
    if delivery.due_at > at:
        return delivery.due_at
    busy_until = _settle_abandoned(delivery, at)
    if busy_until:
        return busy_until
    notifications = list(delivery.notifications.order_by("at", "id"))
    if delivery.urgency != Urgency.URGENT and all(notification.seen_at for notification in notifications):
        _end(delivery, State.SEEN, at)
        return None
    reader = _reader(delivery)
    quiet_until = _quiet_until(delivery, reader, at)
    if quiet_until:
        return _wait(delivery, quiet_until)
    delivery.open_to_more = False
    return _claim_rung(delivery, reader, notifications, at)


def _claim_rung(
    delivery: Delivery, reader: Reader, notifications: list[Notification], at: datetime
) -> Claim | datetime | None:
    while delivery.step < len(delivery.ladder):
        channel = delivery.ladder[delivery.step]
        to = _destination(channel, reader)
        hindrance = _hindrance(channel, to, reader)
        if to and not hindrance and not budget.spend(channel, to.name, delivery.urgency, at):
            if channel in ROBOTS:
                return _wait(delivery, rules.window_of(channel, at) + rules.BUDGETS[channel].window)
            hindrance = "over_budget"
        if to and not hindrance:
            delivery.tries += 1
            attempt = _attempt(delivery, channel, Outcome.SENDING, at)
            delivery.save()
            text = render_bundle(notifications, channel, language=reader.language, time_zone=reader.time_zone)
            return Claim(attempt.pk, to, _with_key(text, delivery, attempt))
        _attempt(delivery, channel, Outcome.SKIPPED, at, code=hindrance)
        delivery.step, delivery.tries = delivery.step + 1, 0
    _end(delivery, State.EXHAUSTED, at)
    return None


@transaction.atomic
def settle(attempt_id: int, result: Result, at: datetime) -> None:
    """Write down how an attempt ended and what follows. Ignored if the attempt was given up meanwhile."""
    found = Attempt.objects.get(id=attempt_id)
    delivery = Delivery.objects.select_for_update().get(id=found.delivery_id)
    attempt = Attempt.objects.get(id=attempt_id)
    if attempt.outcome != Outcome.SENDING:
        return
    attempt.outcome, attempt.ended_at = result.outcome, at
    attempt.code, attempt.detail, attempt.reference = result.code[:80], result.detail[:300], result.reference[:120]
    attempt.save()
    _follow(delivery, result.outcome, at, retry_after=result.retry_after)


def _follow(delivery: Delivery, outcome: str, at: datetime, *, retry_after: timedelta | None = None) -> None:
    following = rules.after(
        outcome,
        tries=delivery.tries,
        urgency=delivery.urgency,
        last_rung=delivery.step + 1 >= len(delivery.ladder),
        retry_after=retry_after,
    )
    if following.done:
        _end(delivery, State.SENT, at)
        return
    if following.wait is None:
        delivery.step, delivery.tries = delivery.step + 1, 0
    delivery.due_at = at + (following.wait or timedelta(0))
    delivery.save()


def _settle_abandoned(delivery: Delivery, at: datetime) -> datetime | None:
    """Give up an attempt whose process died. Returns until when a younger one may still be on its way."""
    open_attempt = delivery.attempts.filter(outcome=Outcome.SENDING).first()
    if open_attempt is None:
        return None
    given_up_at = open_attempt.began_at + rules.ABANDONED_AFTER
    if at < given_up_at:
        return given_up_at
    open_attempt.outcome, open_attempt.ended_at = Outcome.UNKNOWN, at
    open_attempt.save()
    _follow(delivery, Outcome.UNKNOWN, at)
    return None


def _reader(delivery: Delivery) -> Reader:
    if delivery.robot:
        return Reader(delivery.robot.language, ROBOT_ZONE, robot=delivery.robot)
    account_id = delivery.account_id
    if account_id is None:
        raise ValueError(delivery.id)  # the table's own constraint forbids it
    contact = directory().contacts([account_id]).get(account_id)
    preference = Preference.objects.filter(account_id=account_id).first() or Preference(account_id=account_id)
    if contact is None:
        return Reader("zh-hans", ROBOT_ZONE, preference=preference)
    return Reader(contact.language, contact.time_zone, contact, preference)


def _quiet_until(delivery: Delivery, reader: Reader, at: datetime) -> datetime | None:
    """Robots write to groups on duty and know no night."""
    if delivery.urgency == Urgency.URGENT or reader.preference is None:
        return None
    wish = reader.preference
    return rules.end_of_quiet(at, wish.quiet_from, wish.quiet_until, reader.time_zone)


def _destination(channel: str, reader: Reader) -> Destination | None:
    robot = reader.robot
    if robot is None and channel in ROBOTS and reader.preference:
        robot = Robot.objects.filter(account_id=reader.preference.account_id, channel=channel, is_active=True).first()
    if robot and channel == robot.channel and robot.is_active:
        return Destination(channel, f"robot:{robot.id}", robot.address, robot.secret)
    if reader.contact is None or channel in ROBOTS:
        return None
    address = reader.contact.phone if channel == Channel.SMS else reader.contact.email
    return Destination(channel, f"account:{reader.contact.account_id}", address) if address else None


def _hindrance(channel: str, to: Destination | None, reader: Reader) -> str:
    if reader.preference and channel in reader.preference.channels_off:
        return "switched_off"
    if not ADAPTERS[channel].is_set_up():
        return "not_set_up"
    return "" if to else "no_address"


def _attempt(delivery: Delivery, channel: str, outcome: str, at: datetime, *, code: str = "") -> Attempt:
    number = delivery.attempts.count() + 1
    ended = at if outcome != Outcome.SENDING else None
    return delivery.attempts.create(
        number=number, channel=channel, outcome=outcome, code=code, began_at=at, ended_at=ended
    )


def _with_key(text: Text, delivery: Delivery, attempt: Attempt) -> Text:
    # Aliyun's OutId and the Message-ID take this; the number tells two attempts of one delivery apart.
    return Text(text.title, text.body, text.link, text.number, text.short, f"{delivery.id.hex}.{attempt.number}")


def _wait(delivery: Delivery, until: datetime) -> datetime:
    delivery.due_at = until
    delivery.save()
    return until


def _end(delivery: Delivery, state: str, at: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.open_to_more = state, at, False
    delivery.save()
