"""Who you are here."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from huizhen.api.answers import answer
from huizhen.api.operations import reads
from huizhen.api.schemas import AnyId, Moment, Out, Reference
from huizhen.people.accounts.queries import list_sessions
from huizhen.people.accounts.requests import actor_of
from huizhen.people.organisations.queries import get_names, role_label

router = Router()


class MembershipOut(Out):
    """A role at an organisation; it reaches over everything below it."""

    role: str
    label: str
    organisation: Reference


class MeOut(Out):
    """Your account. `patient_ids`: the patients you are, or are guardian of."""

    id: AnyId
    name: str
    kind: Literal["staff", "patient"]
    language: str
    memberships: list[MembershipOut]
    patient_ids: list[UUID]


class SessionOut(Out):
    """A place where you are logged in."""

    ip: str
    user_agent: str
    created_at: Moment
    last_seen_at: Moment


@reads(router, "", MeOut)
def get_me(request: HttpRequest) -> HttpResponse:
    """Read who you are."""
    actor, bearer = actor_of(request), request.auth  # type: ignore[attr-defined]  # set by ninja
    names = get_names(m.organisation_id for m in actor.memberships)
    held = [
        {
            "role": m.role,
            "label": role_label(m.role),
            "organisation": {"id": m.organisation_id, "name": names.get(m.organisation_id, "")},
        }
        for m in actor.memberships
    ]
    return answer(
        {
            "id": actor.account_id, "name": actor.name, "kind": bearer.kind, "language": bearer.language,
            "memberships": held, "patient_ids": sorted(actor.patient_ids),
        }
    )  # fmt: skip


@reads(router, "/sessions", list[SessionOut])
def list_my_sessions(request: HttpRequest) -> HttpResponse:
    """List where you are logged in, the latest first."""
    account_id = actor_of(request).account_id
    found = list_sessions(account_id) if account_id else []
    return answer([{name: getattr(row, name) for name in SessionOut.model_fields} for row in found])
