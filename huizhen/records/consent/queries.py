"""Which consents hold now. Every loader of the records asks here."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Func, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Least

from huizhen.kernel.access import Actor, grant, grants
from huizhen.kernel.flow.models import Case, Participant
from huizhen.people.organisations.models import Organisation
from huizhen.records.consent.models import Consent
from huizhen.records.consent.rules import HEALTH

# Who a consent for a case, or for an organisation, reaches: these roles and capacities and nobody else.
SHARED = grant(
    "records:shared:read",
    roles=("applicant", "expert", "department_head"),
    team_roles=("coordinator", "team_lead"),
    participants=("applicant", "coordinator", "expert", "chair", "duty", "receiver"),
)

_following: list[Callable[[UUID], Q]] = []
_laid: list[Callable[[str], QuerySet[Any]]] = []


@dataclass(frozen=True)
class Piece:
    """Something of a record that somebody asks for: its key (none: it belongs to every case, as medicines do), and the
    case it was added for, if for any. `asked_for`: the case from which it is opened, where the request names one; then
    no consent for another case counts, not for one that goes on with it either."""

    id: UUID | None
    case_id: UUID | None
    asked_for: UUID | None = None


def is_permitted(
    actor: Actor,
    patient_ids: Collection[UUID],
    what: str | Iterable[str] = HEALTH,
    case_id: UUID | None = None,
    *,
    at: datetime,
    piece: Piece | None = None,
) -> bool:
    """Whether a consent in force lets the actor read `what` of a person (`Patient.person_ids`); one query.

    `what`: one kind, or several of which any will do. `case_id`: the case it is read for; a consent given for another
    case does not open it, unless that one goes on with it (`add_following`). `piece`: of this kind; a consent given
    for a case opens it only where it belongs to that case.
    """
    asked = [what] if isinstance(what, str) else list(what)
    found = list_in_force(actor, patient_ids, asked, at=at)
    if case_id is not None:
        found = found.filter(for_case(case_id))
    if piece is not None:
        found = found.filter(reduce(or_, (holding(one, piece) for one in asked)))
        found = found.filter(Q(case_id=None) | Q(case_id=piece.asked_for)) if piece.asked_for else found
    return found.exists()


def for_case(case_id: UUID) -> Q:
    """The condition on a consent that it is given for this case, for one that goes on with it, or for none."""
    return Q(case_id=None) | Q(case_id=case_id) | Q(case_id__in=list_following(case_id))


def holding(what: str, piece: Piece) -> Q:
    """The condition on a consent that it opens this piece: given for no case, or for one that the piece belongs to."""
    if piece.id is None:
        return Q()
    found = Q(case_id=None) if piece.case_id is None else for_case(piece.case_id)
    for rows in _laid:
        found |= Q(Exists(rows(what).filter(laid_case=OuterRef("case_id"), laid_piece=piece.id)))
    return found


def among(what: str, cases: Collection[UUID]) -> Q:
    """The condition on documents or studies that they belong to one of these cases: added for it, or laid before it."""
    found = Q(case_id__in=cases)
    for rows in _laid:
        found |= Q(id__in=rows(what).filter(laid_case__in=cases).values("laid_piece"))
    return found


def is_laid(what: str, piece_id: UUID, case_id: UUID) -> bool:
    """Whether a document or a study was laid before this case."""
    return any(rows(what).filter(laid_case=case_id, laid_piece=piece_id).exists() for rows in _laid)


def add_laid(find: Callable[[str], QuerySet[Any]]) -> None:
    """Ask this too, from here on: what was laid before which case, as rows with `laid_case` and `laid_piece`, of
    `documents` or of `imaging`. Consent for a case opens what belongs to it, and nothing else of the record."""
    if find not in _laid:
        _laid.append(find)


def is_agreed(case_id: UUID, what: str, *, at: datetime) -> bool:
    """Whether a consent given for this case is in force and opens `what`, to whom ever it reaches in the case."""
    given = Consent.objects.filter(case_id=case_id, scope__contains=[what], given_at__lte=at, until__gt=at)
    return given.filter(withdrawn_at=None).exists()


def list_following(case_id: UUID) -> QuerySet[Case]:
    """Cases that go on with this one, as features above say: a consent for one of them opens this one's things too."""
    return Case.objects.filter(reduce(or_, (find(case_id) for find in _following), Q(pk__in=[])))


def add_following(find: Callable[[UUID], Q]) -> None:
    """Ask this too, from here on: the condition on cases that go on with the given one, such as its referrals."""
    if find not in _following:
        _following.append(find)


def list_in_force(
    actor: Actor, patient_ids: Collection[UUID], what: Iterable[str], *, at: datetime
) -> QuerySet[Consent]:
    """The consents of a person that reach the actor at a moment and open any of `what`."""
    if actor.account_id is None:
        return Consent.objects.none()
    return Consent.objects.filter(
        reaches(actor),
        patient_id__in=patient_ids,
        scope__overlap=list(what),
        given_at__lte=at,
        until__gt=at,
        withdrawn_at=None,
    )


def reaches(actor: Actor) -> Q:
    """The condition on a consent that it is given to this actor, in SQL.

    A consent for a case ends with the case, whatever its own end says, and with leaving it.
    """
    return (Q(case=None) | Q(case__closed_at=None)) & is_given_to(actor)


def is_given_to(actor: Actor) -> Q:
    """The condition on a consent that the actor is among those it was given to, whether its case is over or not."""
    return (
        Q(account_id=actor.account_id)
        | given_to_organisation(actor)
        | Q(account=None, organisation=None) & on_case(actor)
    )


def get_last_end(actor: Actor, patient_ids: Collection[UUID], *, at: datetime) -> datetime | None:
    """When last a consent of a person that was given to the actor ended: withdrawn, over, or with its case. What was
    taken along before then may rest on it."""
    if actor.account_id is None:
        return None
    found = Consent.objects.filter(is_given_to(actor), patient_id__in=patient_ids)
    ends = found.annotate(end=Least("until", "withdrawn_at", "case__closed_at")).filter(end__lte=at)
    last: datetime | None = ends.aggregate(last=Max("end"))["last"]
    return last


def given_to_organisation(actor: Actor) -> Q:
    """Given to the organisation where the actor works, or to one above it: a hospital has departments."""
    places = [m.organisation_id for m in actor.memberships if m.role in grants[SHARED].roles]
    if not places:
        return Q(pk__in=[])
    lineage = Organisation.objects.filter(id__in=places).values_list(Func(F("path"), function="unnest"), flat=True)
    return Q(organisation_id__in=lineage)


def on_case(actor: Actor) -> Q:
    """The actor takes part in the consent's case now, or is on the team that runs it."""
    if actor.account_id is None:
        return Q(pk__in=[])
    takes_part = Participant.objects.filter(
        case_id=OuterRef("case_id"),
        account_id=actor.account_id,
        capacity__in=grants[SHARED].participants,
        until=None,
    )
    teams = [m.organisation_id for m in actor.memberships if m.role in grants[SHARED].team_roles]
    runs_it = Case.objects.filter(id=OuterRef("case_id"), team_organisation_id__in=teams)
    return Q(Exists(takes_part)) | Q(Exists(runs_it)) if teams else Q(Exists(takes_part))


@dataclass(frozen=True)
class Reach:
    """The consents of a person that reach one actor at a moment, whatever they open."""

    consents: tuple[Consent, ...] = ()

    def opens(self, what: str, case_id: UUID) -> bool:
        """Whether what was laid before this case, of this kind, may be read: a consent for another case is none."""
        return any(what in one.scope and one.case_id in (None, case_id) for one in self.consents)

    def names(self, patient_id: UUID) -> bool:
        """Whether one of them is given to somebody by name, or to their hospital."""
        return any(one.patient_id == patient_id and (one.account_id or one.organisation_id) for one in self.consents)


def get_reach(actor: Actor, patient_ids: Collection[UUID], *, at: datetime) -> Reach:
    """All consents of a person that reach the actor, for whoever must decide about several things; one query."""
    return Reach(tuple(list_in_force(actor, patient_ids, HEALTH, at=at)))


def readable_cases(actor: Actor, patient_ids: Collection[UUID], what: str, *, at: datetime) -> tuple[bool, set[UUID]]:
    """What a list may show: whether material of every case is open, and else the cases whose material is.

    Raises nothing: `(False, set())` means that no consent is in force.
    """
    cases = set(list_in_force(actor, patient_ids, [what], at=at).values_list("case_id", flat=True))
    return None in cases, {case for case in cases if case}


def list_consents(patient_id: UUID) -> list[Consent]:
    """All consents of a patient, the latest first, the withdrawn and ended ones too."""
    return list_consents_of([patient_id])


def list_consents_of(patient_ids: Iterable[UUID]) -> list[Consent]:
    """The same of several patients."""
    found = Consent.objects.filter(patient_id__in=list(patient_ids))
    return list(found.select_related("account", "organisation", "case", "given_by").order_by("-given_at", "-id"))
