"""The course of a case: material asked for and supplied, and the moves that need nothing but themselves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.actions.apply import attach
from huizhen.consult.joint.flow import (
    AGREED_AGAIN,
    CONSENT_ENDED,
    CONSENT_WITHDRAWN,
    SUPPLY,
    TEAM,
    WITHDRAWN_AT_DESK,
    WITHDRAWN_BY_FAMILY,
)
from huizhen.consult.joint.models import Application
from huizhen.kernel.access import Actor, directory
from huizhen.kernel.flow import acts
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import STATE_CLOCK, Refused
from huizhen.kernel.flow.models import Case
from huizhen.kernel.flow.queries import is_noted
from huizhen.people.accounts.queries import get_actor
from huizhen.records.consent.models import Consent

# Moves that change nothing but the case; every other has an action of its own beside this one.
PLAIN = ("accept_material", "start_assigning", "start_review", "call_meeting", "start_drafting", "close", "withdraw",
         "refer")  # fmt: skip


@transaction.atomic
def make_move(
    actor: Actor, case_id: UUID, name: str, *, at: datetime, reason: str = "", version: int | None = None,
    data: dict[str, Any] | None = None,
) -> Case:  # fmt: skip
    """Make one of the plain moves. Raises as `kernel.flow.door.move` does; LookupError: no plain move."""
    if name not in PLAIN:
        raise LookupError(name)
    return move(case_id, name, actor=actor, at=at, reason=reason, version=version, data=data)


@transaction.atomic
def ask_material(
    actor: Actor, case_id: UUID, *, missing: list[str], note: str, at: datetime, version: int | None = None
) -> Case:
    """Ask the applicant for what is missing: codes of `rules.list_missing`, and a few words of one's own."""
    case = move(case_id, "ask_material", actor=actor, at=at, data={"missing": missing}, version=version)
    application = Application.objects.get(case_id=case_id)
    application.missing, application.missing_note = missing, note
    application.save(update_fields=["missing", "missing_note"])
    return case


@transaction.atomic
def supply_material(
    actor: Actor, case_id: UUID, *, at: datetime, document_ids: Iterable[UUID] = (), study_ids: Iterable[UUID] = (),
    question: str | None = None, summary: str | None = None,
) -> Case:  # fmt: skip
    """Add what was asked for and hand the case back to the coordinators.

    Raises:
        Refused `incomplete`: something is still missing; nothing was stored.
    """
    access_case(actor, case_id, to=SUPPLY)
    # The case is held first, as by every other act: two that hold what belongs to it wait for each other in no ring.
    application = Application.objects.select_for_update(of=("case",)).select_related("case").get(case_id=case_id)
    attach(application, actor, document_ids, study_ids, at)
    application.question = application.question if question is None else question
    application.summary = application.summary if summary is None else summary
    application.missing, application.missing_note = [], ""
    application.save()
    return move(case_id, "supply_material", actor=actor, at=at)


@transaction.atomic
def extend(
    actor: Actor, case_id: UUID, *, until: datetime, reason: str, at: datetime, deadline: str = STATE_CLOCK
) -> Case:
    """Move a deadline; the reason is sent to applicant and patient. Raises as `kernel.flow.acts.extend`."""
    return acts.extend(case_id, until=until, reason=reason, actor=actor, at=at, deadline=deadline)


@transaction.atomic
def set_urgency(actor: Actor, case_id: UUID, *, urgency: str, reason: str, at: datetime) -> Case:
    """Hurry the case or calm it. Raises as `kernel.flow.acts.set_urgency`."""
    return acts.set_urgency(case_id, urgency, actor=actor, at=at, reason=reason)


@transaction.atomic
def reassign(actor: Actor, case_id: UUID, *, owner_id: UUID, reason: str, at: datetime) -> Case:
    """Hand the case to one person of the centre.

    Raises:
        Refused `not_on_team`: the new owner does not work at the centre. And as `kernel.flow.acts.reassign`: only
        a step of the centre is handed over.
    """
    case = access_case(actor, case_id)
    team = case.team_organisation_id
    members = {key for role in TEAM for key in directory().members(role, team)} if team else set()
    if owner_id not in members:
        raise Refused("not_on_team")
    return acts.reassign(case_id, owner_id=owner_id, actor=actor, at=at, reason=reason)


@transaction.atomic
def note_consent_withdrawn(case_id: UUID, *, consent: UUID, at: datetime) -> None:
    """Write into an open case, once, that its consent was withdrawn and by whom, and tell applicant, team, experts and
    invitees."""
    found = Consent.objects.select_related("patient", "withdrawn_by").get(id=consent)
    if found.withdrawn_by is None or not _hold_open(case_id) or _is_noted(case_id, CONSENT_ENDED, consent):
        return
    by = get_actor(found.withdrawn_by)
    kind = WITHDRAWN_AT_DESK
    if by.patient_ids & set(found.patient.person_ids):
        kind = CONSENT_WITHDRAWN if by.account_id in found.patient.own_accounts else WITHDRAWN_BY_FAMILY
    _note(case_id, kind, found, by, at)


@transaction.atomic
def note_agreed_again(case_id: UUID, *, consent: UUID, at: datetime) -> None:
    """Write into an open case whose consent had been withdrawn, once, that a new one was given, and tell the same."""
    found = Consent.objects.select_related("given_by").get(id=consent)
    if not _hold_open(case_id) or _is_noted(case_id, (AGREED_AGAIN,), consent):
        return
    if any(is_noted(case_id, kind) for kind in CONSENT_ENDED):
        _note(case_id, AGREED_AGAIN, found, get_actor(found.given_by), at)


def _hold_open(case_id: UUID) -> bool:
    """Hold the consultation of this case; whether there is one that has not ended."""
    held = Application.objects.select_for_update(of=("case",)).select_related("case").filter(case_id=case_id).first()
    return held is not None and held.case.closed_at is None


def _is_noted(case_id: UUID, kinds: Iterable[str], consent: UUID) -> bool:
    return any(is_noted(case_id, kind, consent=str(consent)) for kind in kinds)


def _note(case_id: UUID, kind: str, consent: Consent, by: Actor, at: datetime) -> None:
    acts.note(
        case_id, kind, actor=by, at=at, data={"consent": str(consent.id)}, audience="patient",
        tells=("applicant", "invitee", "expert", "chair", "team:coordinator"),
    )  # fmt: skip
