"""Links by which family members follow a consultation on a phone, without an account."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, nothing
from huizhen.api.consult.joint.access import enter
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Line, Moment, Out
from huizhen.consult.joint.families import actions
from huizhen.consult.joint.families.access import SHARE
from huizhen.consult.joint.families.queries import list_links
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of
from huizhen.people.accounts.rules import mask_phone

router = Router()


class LinkIn(In):
    """Who may follow, by which phone, for how many days (1, 3 or 7)."""

    name: Line = Field(min_length=1, examples=["女儿"])
    phone: Line = Field(min_length=5, examples=["13800138000"])
    days: int = Field(ge=1, le=7, examples=[3])


class LinkOut(Out):
    """A link. The phone is masked; `expires_at` and `revoked_at` end it."""

    id: AnyId
    name: str
    phone: str = Field(examples=["138****8000"])
    made_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    looked_at: Moment | None


class MadeLinkOut(LinkOut):
    """A link just made: its address, told in this answer only; asked for again for the same phone, it is the same."""

    address: str


@reads(router, "/{uuid:case_id}/family-links", list[LinkOut])
def list_family_links(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the links there are and were."""
    sheet = access_sheet(actor_of(request), case_id, to=SHARE)
    return answer([_show(one) for one in list_links(sheet.application_id)])


@writes(router, "POST", "/{uuid:case_id}/family-links", MadeLinkOut, status=201, matches=True)
def make_family_link(request: HttpRequest, case_id: UUID, wanted: LinkIn) -> HttpResponse:
    """Let a family member follow for some days; whoever has the link needs the phone too."""
    enter(request, case_id, to=SHARE)
    link, token = actions.make_link(actor_of(request), case_id, at=clock.now(), **wanted.model_dump())
    return answer({**_show(link), "address": f"{settings.PUBLIC_URL}/follow/{token}/"}, status=201)


@writes(router, "DELETE", "/{uuid:case_id}/family-links/{uuid:link_id}", None, status=204, matches=True)
def revoke_family_link(request: HttpRequest, case_id: UUID, link_id: UUID) -> HttpResponse:
    """Take a link back; it leads nowhere from now on."""
    enter(request, case_id, to=SHARE)
    actions.revoke_link(actor_of(request), case_id, link_id, at=clock.now())
    return nothing()


def _show(link: Any) -> dict[str, Any]:
    kept = ("id", "name", "made_at", "expires_at", "revoked_at", "looked_at")
    return {name: getattr(link, name) for name in kept} | {"phone": mask_phone(link.phone)}
