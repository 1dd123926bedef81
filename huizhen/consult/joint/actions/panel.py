"""The panel: experts are invited in the order a person chose, answer in time or make room for the next, one chairs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from huizhen.consult.contracts.actions import release, reserve
from huizhen.consult.joint.access import access_invitation
from huizhen.consult.joint.actions.cosigning import void_signatures
from huizhen.consult.joint.flow import COORDINATE
from huizhen.consult.joint.meetings.actions import seat_late
from huizhen.consult.joint.models import Application, Invitation, InvitationState
from huizhen.consult.joint.queries import get_load, get_with_participants
from huizhen.consult.panels.queries import may_chair
from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import SYSTEM, Actor, NotVisible
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.acts import add_holder, end_clock, join, leave, set_clock
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused
from huizhen.people.credentials.cards import get_place, get_standing, hold_limits, list_fit
from huizhen.records.consent.models import What
from huizhen.records.consent.queries import is_agreed

CLOCK = "invitation"
# The move that names a chair, by state; elsewhere it is `replace_chair`.
NAMING = {"assigning": "name_chair", "reviewing": "name_chair", "cosigning": "replace_signed_chair"}
WAITING = (InvitationState.INVITED, InvitationState.QUEUED)


@transaction.atomic
def invite(
    actor: Actor,
    case_id: UUID,
    expert_ids: Sequence[UUID],
    *,
    at: datetime,
    in_line: bool = False,
    wide: int = 1,
    seats: Mapping[UUID, str] | None = None,
    quorum: int = 0,
    despite_limit: bool = False,
) -> list[Invitation]:
    """Invite experts at once, or, `in_line`, the first `wide` of each seat now and each next one when one of them has
    declined. `seats` gives the specialty somebody is asked for; `quorum`: how many a template asks to take
    part; the department's number, fixed when the application was sent, may grow by it and never falls.
    `despite_limit`: also whose week is full; that it was said stands in the audit.

    Raises:
        Refused: `already_invited`, `not_fit` (no valid licence, not accepting, or the applicant), `no_contract`,
        `contract_full`; `week_full`, with the `experts` whose week is; `not_agreed`: no consent of the patient for
        this case is in force. And as `move`.
    """
    access_case(actor, case_id, to=COORDINATE)
    if not is_agreed(case_id, What.SUMMARY, at=at):
        raise Refused("not_agreed")
    _mind_limits(actor, case_id, expert_ids, despite=despite_limit, at=at)
    made, places = [], Counter[str]()
    for expert_id in expert_ids:
        seat = (seats or {}).get(expert_id, "")
        places[seat] += 1
        queued = in_line and places[seat] > max(1, wide)
        made.append(_invite_one(actor, case_id, expert_id, at=at, queued=queued, place=places[seat], seat=seat))
    if quorum:
        Application.objects.filter(case_id=case_id).update(quorum=Greatest(F("quorum"), quorum))
    return made


@transaction.atomic
def answer(
    actor: Actor, invitation_id: UUID, *, accepts: bool, at: datetime, reason: str = "", why: str = ""
) -> Invitation:
    """Accept or decline one's own invitation. Who accepts after the meeting's time was fixed gets a seat in it
    (`meetings.seat_late`). The same answer twice does no harm. `why` is a code of `DeclineWhy`:
    what it says about whom to ask goes into later suggestions.

    Raises:
        NotVisible: not one's own. Refused `invitation_over`: answered otherwise, expired or taken back meanwhile;
        `not_agreed`: to be accepted, a consent of the patient for this case must be in force.
    """
    seen = access_invitation(actor, invitation_id)
    case_id, wanted = seen.application.case_id, InvitationState.ACCEPTED if accepts else InvitationState.DECLINED
    access_case(actor, case_id)
    invitation = hold_invitation(invitation_id, case_id)
    if invitation.state == wanted:
        return invitation
    if invitation.state != InvitationState.INVITED:
        raise Refused("invitation_over", state=invitation.state)
    if accepts and not is_agreed(case_id, What.SUMMARY, at=at):
        raise Refused("not_agreed")
    name = "accept_invitation" if accepts else "decline_invitation"
    move(case_id, name, actor=actor, at=at, data={"invitation": str(invitation_id)})
    if not accepts:
        invitation.decline_why, invitation.decline_reason = why, reason
    end_invitation(invitation, wanted, at, met=True)
    if accepts:
        join(case_id, invitation.expert_id, "expert", actor=SYSTEM, at=at)
        add_holder(case_id, invitation.expert_id, at=at)
        seat_late(case_id, invitation.expert_id, at=at)
    else:
        invite_next(invitation, at)
    return invitation


@transaction.atomic
def withdraw_invitation(actor: Actor, case_id: UUID, invitation_id: UUID, *, at: datetime) -> None:
    """Take an unanswered invitation back; over already, nothing happens."""
    access_case(actor, case_id, to=COORDINATE)
    invitation = hold_invitation(invitation_id, case_id)
    if invitation.state in WAITING:
        move(case_id, "withdraw_invitation", actor=actor, at=at, data={"invitation": str(invitation_id)})
        end_invitation(invitation, InvitationState.WITHDRAWN, at, met=False)


@transaction.atomic
def expire_invitation(invitation_id: UUID, *, at: datetime) -> None:
    """Close an invitation that was not answered in time and ask the next in line; answered, nothing happens."""
    case_id = Invitation.objects.values_list("application__case_id", flat=True).get(id=invitation_id)
    invitation = hold_invitation(invitation_id, case_id)
    if invitation.state == InvitationState.INVITED:
        end_invitation(invitation, InvitationState.EXPIRED, at, met=False)
        invite_next(invitation, at)


@transaction.atomic
def dismiss_invitations(case_id: UUID, *, at: datetime) -> None:
    """Take back every invitation that still waits; none waiting, nothing happens."""
    waiting = Invitation.objects.filter(application__case_id=case_id, state__in=WAITING).order_by("id")
    for invitation_id in list(waiting.values_list("id", flat=True)):
        invitation = hold_invitation(invitation_id, case_id)
        if invitation.state in WAITING:
            end_invitation(invitation, InvitationState.WITHDRAWN, at, met=False)


@transaction.atomic
def name_chair(actor: Actor, case_id: UUID, invitation_id: UUID, *, at: datetime, reason: str = "") -> None:
    """Make an expert who accepted the chair, in place of the one before; from the meeting on with a reason. What waits
    for the chair waits for the new one, and a report that waits for signatures goes back to the new one's desk.

    Raises:
        Refused `not_accepted`: this expert has not accepted; `may_not_chair`: the department's rule asks for another
        title or specialty; `report_approved`: it is being made. And as `move`.
    """
    access_case(actor, case_id, to=COORDINATE)
    invitation = hold_invitation(invitation_id, case_id)
    if invitation.state != InvitationState.ACCEPTED:
        raise Refused("not_accepted", state=invitation.state)
    title, codes = get_standing(invitation.expert_id)
    if not may_chair(invitation.application.specialty_id, title=title, codes=codes):
        raise Refused("may_not_chair")
    _hand_chair(actor, invitation, at)
    name = NAMING.get(invitation.application.case.state, "replace_chair")
    move(case_id, name, actor=actor, at=at, reason=reason, data={"invitation": str(invitation_id)})
    if name == "replace_signed_chair":
        void_signatures(invitation.application, at=at)


def _hand_chair(actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Let the one expert take part as chair and nobody else, not even who stands in for a correction. What waits for
    the chair is then the new one's; whoever chaired and still has to read does so under a clock of their own."""
    case_id = invitation.application.case_id
    application, people = get_with_participants(case_id)
    join(case_id, invitation.expert_id, "chair", actor=actor, at=at)
    for before in {one.account_id for one in people if one.capacity == "chair"} - {invitation.expert_id}:
        leave(case_id, before, "chair", actor=actor, at=at)
    Invitation.objects.filter(application=application, is_chair=True).update(is_chair=False)
    invitation.is_chair = True
    invitation.save(update_fields=["is_chair"])


def _mind_limits(actor: Actor, case_id: UUID, expert_ids: Sequence[UUID], *, despite: bool, at: datetime) -> None:
    """Refuse experts whose week is full, or note that they are asked all the same. Their rows are held from here on:
    of two who ask the same expert at once, the second counts the first's invitation."""
    limits = hold_limits(expert_ids)
    load = get_load(expert_ids, at=at)
    full = {key: limit for key, limit in limits.items() if limit and load.get(key, (0, 0))[1] >= limit}
    if full and not despite:
        raise Refused("week_full", experts=[str(key) for key in full])
    for expert_id, limit in full.items():
        audit.record(
            actor, "consult.joint.invited_despite_limit", subject_kind="account", subject_id=expert_id, case_id=case_id,
            data={"week": load[expert_id][1], "limit": limit}, at=at,
        )  # fmt: skip


def _invite_one(
    actor: Actor, case_id: UUID, expert_id: UUID, *, at: datetime, queued: bool, place: int, seat: str
) -> Invitation:
    identifier = ids.new_id()
    case = move(case_id, "invite", actor=actor, at=at, data={"invitation": str(identifier)})
    application = Application.objects.get(case_id=case_id)
    if application.applicant_id == expert_id or expert_id not in list_fit([expert_id], on=at.date()):
        raise Refused("not_fit")
    state = InvitationState.QUEUED if queued else InvitationState.INVITED
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                id=identifier, application=application, expert_id=expert_id, invited_by_id=actor.account,
                invited_at=at, state=state, place=place, seat=seat,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused("already_invited") from error
    reserve(invitation.id, case_id, get_place(expert_id), at=at)
    if not queued:
        _ask(invitation, case.id, at)
    return invitation


def _ask(invitation: Invitation, case_id: UUID, at: datetime) -> None:
    join(case_id, invitation.expert_id, "invitee", actor=SYSTEM, at=at)
    set_clock(case_id, f"{CLOCK}:{invitation.id}", at=at, holder_id=invitation.expert_id)
    outbox.emit("consult.joint.invited", invitation=str(invitation.id))


def invite_next(before: Invitation, at: datetime) -> None:
    """Ask the next in line for the same seat; nobody while no consent of the patient is in force. The caller holds the
    case."""
    if not is_agreed(before.application.case_id, What.SUMMARY, at=at):
        return
    waiting = Invitation.objects.filter(
        application_id=before.application_id, seat=before.seat, state=InvitationState.QUEUED
    )
    following = waiting.order_by("place", "id").select_for_update().first()
    if following is not None:
        following.state, following.invited_at = InvitationState.INVITED, at
        following.save(update_fields=["state", "invited_at"])
        _ask(following, before.application.case_id, at)


def end_invitation(invitation: Invitation, state: str, at: datetime, *, met: bool) -> None:
    """Close an invitation as `state`: number and price go back to the contract. The caller holds the case."""
    was_asked = invitation.state == InvitationState.INVITED
    invitation.state, invitation.answered_at = state, at
    invitation.save(update_fields=["state", "answered_at", "decline_why", "decline_reason"])
    case_id = invitation.application.case_id
    if state != InvitationState.ACCEPTED:
        release(invitation.id, at=at)
    end_clock(case_id, f"{CLOCK}:{invitation.id}", at=at, met=met)
    leave(case_id, invitation.expert_id, "invitee", actor=SYSTEM, at=at)
    if was_asked:
        outbox.emit(f"consult.joint.invitation_{state}", invitation=str(invitation.id))


def hold_invitation(invitation_id: UUID, case_id: UUID) -> Invitation:
    """Lock the invitation. The case is locked first, as everywhere, so that nobody waits in a ring."""
    Application.objects.select_for_update(of=("case",)).select_related("case").get(case_id=case_id)
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("application__case")
    found = rows.filter(id=invitation_id, application__case_id=case_id).first()
    if found is None:
        raise NotVisible(invitation_id)
    return found
