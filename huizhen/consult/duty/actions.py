"""The roster, and ringing through it until somebody takes the case."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from huizhen.consult.duty import rules
from huizhen.consult.duty.access import access_ring, access_shift, check_keep
from huizhen.consult.duty.models import DutyShift, Ring, RingState, Unheard
from huizhen.consult.duty.queries import list_on_duty
from huizhen.kernel import audit, notify, outbox
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.acts import join, note
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.flow.queries import cases, is_noted
from huizhen.kernel.flow.sentences import register_event
from huizhen.people.credentials.cards import hold_limits

PAGE = "/centre/duty/"
RING = notify.register(
    "consult.duty.ring",
    title=_("加急会诊呼叫 · %(number)s"),
    body=_("加急会诊 %(number)s 需要值班医生马上处理，请接听。"),
)
NOBODY = notify.register(
    "consult.duty.nobody",
    title=_("加急会诊无人接听 · %(number)s"),
    body=_("加急会诊 %(number)s 已呼叫全部值班医生，无人接听，请立即处理。"),
)
UNMANNED = notify.register(
    "consult.duty.unmanned",
    title=_("加急会诊无人值班 · %(number)s"),
    body=_("加急会诊 %(number)s 到达时值班表上无人值班，没有呼叫到任何医生，请立即处理。"),
)
TAKEN = register_event("consult.joint.duty_taken", _("值班医生 %(actor)s 已接手"), _("值班医生已接手"))
PASSED = register_event("consult.joint.duty_unanswered", _("值班医生均未接听"), _("值班无人接听"))
EMPTY = register_event("consult.joint.duty_empty", _("值班表上此刻无人值班，未能呼叫医生"), _("此刻无人值班"))


class BadShift(ValueError):
    """A shift that ends before it begins, or is over already."""


class OnAlready(ValueError):
    """The doctor has another shift of this roster at that time."""


@transaction.atomic
def add_shift(
    centre_id: UUID,
    account_id: UUID,
    *,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    at: datetime,
    place: int = 1,
    patience: int = 5,
) -> DutyShift:
    """Put a doctor on duty; what waits urgently and nobody has taken rings them, once the shift has begun.

    Raises:
        NotAllowed: not the actor's roster. BadShift, OnAlready.
    """
    check_keep(actor, centre_id)
    if ends_at <= starts_at or ends_at <= at:
        raise BadShift(ends_at)
    hold_limits([account_id])  # the doctor's row: of the same shift sent twice at once the second sees the first
    standing = DutyShift.objects.filter(centre_id=centre_id, account_id=account_id, cancelled_at__isnull=True)
    if standing.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise OnAlready(account_id)
    made = DutyShift.objects.create(
        centre_id=centre_id, account_id=account_id, starts_at=starts_at, ends_at=ends_at, place=place, patience=patience
    )
    _tell(actor, "consult.duty.shift_added", made, at, {}, _describe(made))
    outbox.emit("consult.duty.shift_added", shift=str(made.pk))
    return made


@transaction.atomic
def cancel_shift(shift_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Take a shift off the roster; off already, nothing happens.

    Raises:
        NotVisible, NotAllowed.
    """
    found = access_shift(actor, shift_id)
    if DutyShift.objects.filter(pk=found.pk, cancelled_at__isnull=True).update(cancelled_at=at):
        told = _describe(found)
        _tell(actor, "consult.duty.shift_cancelled", found, at, told, dict.fromkeys(told))


@transaction.atomic
def ring(case_id: UUID, *, at: datetime) -> Ring | None:
    """Ring the next doctor on duty, unless somebody is being rung or has taken the case; nobody follows (all were
    rung, or nobody is on duty): tell the team lead. Run twice, it rings and tells once.
    """
    case = _hold(case_id)
    rings = list(Ring.objects.filter(case=case).order_by("number"))
    if case.closed_at or case.urgency != "urgent" or any(one.state == RingState.TAKEN for one in rings):
        _end(case, rings, at)
        return None
    waiting = [one for one in rings if one.state == RingState.RINGING]
    if any(one.next_at > at for one in waiting):
        return None
    for one in waiting:
        one.state, one.ended_at = RingState.PASSED, at
        one.save(update_fields=["state", "ended_at"])
    return _ring_next(case, rings, at)


@transaction.atomic
def take(actor: Actor, ring_id: UUID, *, at: datetime) -> Case:
    """Take the case one is rung for: one sees it from now on and speaks in its conversation. Twice does no harm.

    Raises:
        NotVisible: not one's own ring. Refused `duty_over`: somebody else has taken it, or it was passed on and taken.
    """
    seen = access_ring(actor, ring_id)
    case = _hold(seen.case_id)
    rings = list(Ring.objects.filter(case=case))
    own = next(one for one in rings if one.pk == seen.pk)
    if own.state == RingState.TAKEN:
        return case
    # Who was passed over and answers late is still welcome, as long as nobody else has taken it.
    if any(one.state == RingState.TAKEN for one in rings) or own.state == RingState.ENDED or case.closed_at:
        raise Refused("duty_over")
    own.state, own.ended_at = RingState.TAKEN, at
    own.save(update_fields=["state", "ended_at"])
    _end(case, [one for one in rings if one.pk != own.pk], at)
    join(case.id, actor.account, "duty", actor=SYSTEM, at=at)
    note(case.id, TAKEN, actor=actor, at=at, tells=("team:coordinator", "applicant"), audience="patient")
    return case


@transaction.atomic
def pass_on(actor: Actor, ring_id: UUID, *, at: datetime) -> Ring | None:
    """Say that one cannot now: the next is rung at once, and returned. Over already, nothing happens; nobody left, the
    team lead is told.

    Raises:
        NotVisible: not one's own ring.
    """
    seen = access_ring(actor, ring_id)
    case = _hold(seen.case_id)
    if Ring.objects.filter(pk=ring_id, state=RingState.RINGING).update(state=RingState.PASSED, ended_at=at):
        rings = list(Ring.objects.filter(case=case).order_by("number"))
        if not any(one.state in (RingState.TAKEN, RingState.RINGING) for one in rings):
            return _ring_next(case, rings, at)
    return None


def _ring_next(case: Case, rings: list[Ring], at: datetime) -> Ring | None:
    centre = case.team_organisation_id
    roster = list_on_duty(centre, at=at) if centre else []
    following = rules.next_to_ring(roster, {one.account_id for one in rings})
    if following is None:
        Unheard.objects.get_or_create(case=case)
        _tell_lead(case, len(rings), at)
        return None
    Unheard.objects.filter(case=case).delete()
    made = Ring.objects.create(
        case=case, account_id=following.account_id, number=len(rings) + 1, rung_at=at,
        next_at=at + timedelta(minutes=following.patience),
    )  # fmt: skip
    context = {"number": case.number, "link": PAGE, "case": case.id}
    notify.tell(
        RING, [following.account_id], key=f"duty:{case.id}:{made.number}", context=context, urgency="urgent", at=at
    )
    return made


def _tell_lead(case: Case, rung: int, at: datetime) -> None:
    """Nobody follows: write it into the case and tell the team lead, once for each time it was made urgent."""
    event, kind = (PASSED, NOBODY) if rung else (EMPTY, UNMANNED)
    hurried = CaseEvent.objects.filter(case=case, kind=f"{case.kind}.hurried").count()
    which = {"rung": rung, "hurried": hurried}
    if is_noted(case.id, event, **which):
        return
    note(case.id, event, actor=SYSTEM, at=at, data=which, audience="staff")
    if centre := case.team_organisation_id:
        notify.tell_team(
            kind, role="team_lead", organisation_id=centre, key=f"duty:{case.id}:nobody:{rung}:{hurried}",
            context={"number": case.number, "link": f"/cases/{case.id}", "case": case.id}, urgency="urgent", at=at,
        )  # fmt: skip


def _end(case: Case, rings: list[Ring], at: datetime) -> None:
    Unheard.objects.filter(case=case).delete()
    for one in rings:
        if one.state == RingState.RINGING:
            one.state, one.ended_at = RingState.ENDED, at
            one.save(update_fields=["state", "ended_at"])


def _hold(case_id: UUID) -> Case:
    return cases().select_for_update().get(pk=case_id)


def _describe(row: DutyShift) -> dict[str, Any]:
    return {
        "on_duty": str(row.account_id), "from_moment": row.starts_at.isoformat(),
        "until_moment": row.ends_at.isoformat(), "place": row.place, "patience": row.patience,
    }  # fmt: skip


def _tell(
    actor: Actor, action: str, row: DutyShift, at: datetime, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit.record(
        actor, action, subject_kind="duty_roster", subject_id=row.centre_id, organisation_id=row.centre_id,
        data={"changed": audit.compare(before, after)}, at=at,
    )  # fmt: skip
