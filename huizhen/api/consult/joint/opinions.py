"""Opinions: one's own is written, signed and, before the report, withdrawn; others' are read once one has signed."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer, nothing
from huizhen.api.consult.joint.access import enter
from huizhen.api.consult.joint.schemas import ReasonIn
from huizhen.api.operations import reads, writes
from huizhen.api.schemas import AnyId, In, Moment, Out, Reference, Text
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.findings.queries import list_templates
from huizhen.consult.joint.flow import OPINE
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of

Stance = Literal["agree", "partly", "dissent"]

router = Router()


class OpinionIn(In):
    """What an expert writes. `stance_reason` is needed where the expert does not agree.

    `template_version`: the version the form was drawn with; 0: the draft's own, or for a new draft today's.
    """

    findings: Text
    assessment: Text
    advice: Text
    stance: Stance = "agree"
    stance_reason: Text = ""
    template: str = Field(default="", max_length=40, examples=["lung-nodule"])
    template_version: int = Field(default=0, ge=0, le=1_000_000)
    answers: dict[str, list[str]] = Field(default={}, examples=[{"density": ["part_solid"], "diameter": ["14"]}])


class FindingOut(Out):
    """One item of an opinion template as it was answered."""

    key: str
    label: str
    values: list[str]
    shown: str


class OpinionOut(Out):
    """An opinion; a draft where `signed_at` is null."""

    id: AnyId
    expert: Reference
    version: int
    findings: str
    assessment: str
    advice: str
    stance: Stance
    stance_reason: str
    template: str
    structured: list[FindingOut]
    updated_at: Moment
    signed_at: Moment | None


class TemplateOut(Out):
    """A template of structured findings as it stands today.

    `items`: key, kind (choice, several, number, text), labels, what fits, and whether signing needs it (`required`).
    """

    code: str = Field(examples=["lung-nodule"])
    name: str
    name_en: str
    specialty: str
    version: int
    items: list[dict[str, Any]]


@reads(router, "/{uuid:case_id}/opinion-templates", list[TemplateOut])
def list_opinion_templates(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the templates that fit the consultation, those of its specialty first; for its experts."""
    sheet = access_sheet(actor_of(request), case_id, to=OPINE)
    return answer(
        [
            {
                "code": one.code, "name": one.name, "name_en": one.name_en, "specialty": one.specialty_id or "",
                "version": one.version, "items": one.items,
            }
            for one in list_templates(sheet.specialty)
        ]
    )  # fmt: skip


@reads(router, "/{uuid:case_id}/opinions", list[OpinionOut])
def list_opinions(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """List the opinions you may read: your own always, the others' once you have signed."""
    seen = access_joint(actor_of(request), case_id)
    return answer([_show(opinion) for opinion in seen.opinions()])


@writes(router, "PATCH", "/{uuid:case_id}/opinions/mine", OpinionOut, matches=True)
def save_opinion(request: HttpRequest, case_id: UUID, opinion: OpinionIn) -> HttpResponse:
    """Keep the draft of your opinion."""
    enter(request, case_id, to=OPINE)
    fields = actions.OpinionFields(**opinion.model_dump())
    return answer(_show(actions.save_opinion(actor_of(request), case_id, fields, at=clock.now())))


@writes(router, "POST", "/{uuid:case_id}/opinions/mine/signature", OpinionOut, matches=True)
def sign_opinion(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Sign your opinion as it stands."""
    enter(request, case_id, to=OPINE)
    return answer(_show(actions.sign_opinion(actor_of(request), case_id, at=clock.now())))


@writes(router, "POST", "/{uuid:case_id}/opinions/mine/withdrawal", None, status=204, matches=True)
def withdraw_opinion(request: HttpRequest, case_id: UUID, why: ReasonIn) -> HttpResponse:
    """Withdraw your signed opinion; it stays on record."""
    enter(request, case_id, to=OPINE)
    actions.withdraw_opinion(actor_of(request), case_id, reason=why.reason, at=clock.now())
    return nothing()


def _show(opinion: Any) -> dict[str, Any]:
    return {
        "id": opinion.id,
        "expert": {"id": opinion.expert_id, "name": str(opinion.expert)},
        "version": opinion.version,
        "findings": opinion.findings,
        "assessment": opinion.assessment,
        "advice": opinion.advice,
        "stance": str(opinion.stance),
        "stance_reason": opinion.stance_reason,
        "template": opinion.template,
        "structured": [
            {name: row[name] for name in ("key", "label", "values", "shown")}
            for row in opinion.structured.get("rows", ())
        ],
        "updated_at": opinion.updated_at,
        "signed_at": opinion.signed_at,
    }
