"""Opinions: written alone, signed by their author, withdrawn only with a reason and never erased."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint import rules
from huizhen.consult.joint.access import access_own_opinion
from huizhen.consult.joint.actions.paper import get_people, to_text
from huizhen.consult.joint.actions.reports import begin_draft
from huizhen.consult.joint.findings.queries import get_version
from huizhen.consult.joint.findings.rules import BadAnswer, list_unanswered, read_answers
from huizhen.consult.joint.flow import ASKED_AGAIN, CHAIR
from huizhen.consult.joint.models import Application, Invitation, InvitationState, Opinion
from huizhen.consult.joint.queries import get_application, get_opinion
from huizhen.consult.joint.report import press
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.access import access_case
from huizhen.kernel.flow.acts import add_holder, end_clock, note
from huizhen.kernel.flow.clocks import personal
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case
from huizhen.records.consent.models import What
from huizhen.records.consent.queries import is_agreed


@dataclass(frozen=True)
class OpinionFields:
    """What an expert writes. `answers`: to the items of the opinion template `template`, by key. `template_version`:
    the one that was shown; 0: the one the draft was begun with, or for a new draft today's."""

    findings: str
    assessment: str
    advice: str
    stance: str = "agree"
    stance_reason: str = ""
    template: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    template_version: int = 0


@transaction.atomic
def save_opinion(actor: Actor, case_id: UUID, fields: OpinionFields, *, at: datetime) -> Opinion:
    """Keep one's draft.

    Raises:
        NotVisible, NotAllowed: no expert of this case. Refused `signed`: it is signed already; `closed_to_experts`: no
            consent for this case is in force; `bad_answer`: an item's answer does not fit, `details["key"]` names it.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account) or _next(application, actor, at)
    if opinion.signed_at:
        raise Refused("signed")
    _check_agreed(case_id, at)
    for name in ("findings", "assessment", "advice", "stance", "stance_reason"):
        setattr(opinion, name, getattr(fields, name))
    opinion.template, opinion.structured = _structure(fields, opinion)
    opinion.updated_at = at
    opinion.save()
    return opinion


@transaction.atomic
def sign_opinion(actor: Actor, case_id: UUID, *, at: datetime, version: int | None = None) -> Opinion:
    """Sign one's opinion as it stands; signed already, it is returned as it is. With the last opinion drafting begins.

    Raises:
        Refused `empty_opinion`, `no_stance_reason`; `closed_to_experts`: as `save_opinion`; `items_open`: required
            items without an answer, `details["keys"]` names them; SigningRefused: no usable certificate. And as `move`.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account)
    if opinion is not None and opinion.signed_at:
        return opinion
    _check_agreed(case_id, at)
    if opinion is None or not opinion.assessment.strip():
        raise Refused("empty_opinion")
    if opinion.stance != "agree" and not opinion.stance_reason.strip():
        raise Refused("no_stance_reason")
    _check_items_answered(opinion)
    _sign(opinion, application.case.number, at)
    Invitation.objects.filter(application=application, expert_id=actor.account).update(asked_again_at=None)
    move(case_id, "sign_opinion", actor=actor, at=at, data={"opinion": str(opinion.id)}, version=version)
    end_clock(case_id, personal(opinion.expert_id), at=at)
    go_on(case_id, at)
    return opinion


@transaction.atomic
def withdraw_opinion(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Withdraw one's signed opinion; it stays on record, and a new one is asked for. While the report is drafted the
    case goes back to reading, where nobody else has to act again.

    Raises:
        Refused `not_signed`, `report_approved`. And as `move`: too late once the report is delivered.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account)
    if opinion is None or not opinion.signed_at:
        raise Refused("not_signed")
    drafted = get_application(case_id).case.state == "drafting"
    name = "retract_opinion" if drafted else "withdraw_opinion"
    move(case_id, name, actor=actor, at=at, reason=reason, data={"opinion": str(opinion.id)})
    opinion.withdrawn_at = at
    opinion.save(update_fields=["withdrawn_at"])
    if drafted:
        _ring_only(case_id, {opinion.expert_id}, at)
    add_holder(case_id, opinion.expert_id, at=at)


@transaction.atomic
def reopen_review(
    actor: Actor, case_id: UUID, *, reason: str, at: datetime, experts: Iterable[UUID] = (), version: int | None = None
) -> Case:
    """Ask experts to look again; none named, all are asked. Only they are rung and only their clocks run.

    Each confirms the opinion that stands, or withdraws it and signs a new one.

    Raises:
        NotVisible, NotAllowed; Refused `report_approved`. And as `move`.
    """
    access_case(actor, case_id, to=CHAIR)
    application = get_application(case_id)
    _hold(application)
    taking_part = {i.expert_id for i in application.invitations.all() if i.state == InvitationState.ACCEPTED}
    asked = taking_part & set(experts) or taking_part
    data = {"experts": sorted(str(key) for key in asked)}
    case = move(case_id, "reopen_review", actor=actor, at=at, reason=reason, data=data, version=version)
    rows = Invitation.objects.filter(application=application, expert_id__in=asked, state=InvitationState.ACCEPTED)
    rows.update(asked_again_at=at)
    _ring_only(case_id, asked, at)
    tells = tuple(f"account:{key}" for key in sorted(asked))
    note(case_id, ASKED_AGAIN, actor=actor, at=at, audience="staff", tells=tells)
    return case


@transaction.atomic
def confirm_opinion(actor: Actor, case_id: UUID, *, at: datetime) -> None:
    """Asked to look again, stay with the opinion one has signed.

    Raises:
        NotVisible, NotAllowed; Refused `not_asked`. And as `move`.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account)
    rows = Invitation.objects.filter(application=application, expert_id=actor.account, asked_again_at__isnull=False)
    if opinion is None or not opinion.signed_at or not rows.update(asked_again_at=None):
        raise Refused("not_asked")
    move(case_id, "confirm_opinion", actor=actor, at=at, data={"opinion": str(opinion.id)})
    end_clock(case_id, personal(opinion.expert_id), at=at)
    go_on(case_id, at)


def _ring_only(case_id: UUID, experts: set[UUID], at: datetime) -> None:
    """Only these have to act: the clocks of the other experts end at once."""
    rows = Invitation.objects.filter(application__case_id=case_id, state=InvitationState.ACCEPTED)
    for expert_id in rows.exclude(expert_id__in=experts).values_list("expert_id", flat=True):
        end_clock(case_id, personal(expert_id), at=at)


def _structure(fields: OpinionFields, draft: Opinion) -> tuple[str, dict[str, Any]]:
    begun = draft.structured.get("version", 0) if fields.template == draft.template else 0
    template = get_version(fields.template, fields.template_version or begun) if fields.template else None
    if template is None:
        return "", {}
    try:
        rows = read_answers(template.items, fields.answers)
    except BadAnswer as error:
        raise Refused("bad_answer", key=error.key, why=error.code) from error
    named = {"name": template.name, "name_en": template.name_en, "version": template.version}
    return template.code, {**named, "rows": rows}


def _check_items_answered(opinion: Opinion) -> None:
    version = opinion.structured.get("version", 0)
    template = get_version(opinion.template, version) if opinion.template else None
    if template and (keys := list_unanswered(template.items, opinion.structured.get("rows", ()))):
        raise Refused("items_open", keys=keys)


def _check_agreed(case_id: UUID, at: datetime) -> None:
    """No opinion is given on what its author may not read any more."""
    if not is_agreed(case_id, What.SUMMARY, at=at):
        raise Refused("closed_to_experts")


def _hold(application: Application) -> None:
    Application.objects.select_for_update(of=("case",)).select_related("case").get(id=application.id)


def _next(application: Application, actor: Actor, at: datetime) -> Opinion:
    before = Opinion.objects.filter(application=application, expert_id=actor.account).count()
    return Opinion(application=application, expert_id=actor.account, version=before + 1, updated_at=at)


def _sign(opinion: Opinion, case_number: str, at: datetime) -> None:
    opinion.signed_at = at
    expert = get_people([opinion.expert_id])[opinion.expert_id]
    text = replace(to_text(opinion, expert), statement=b"", signature=b"")
    signed = press.sign_opinion(text, case_number=case_number)
    opinion.statement, opinion.signature = signed.statement.decode(), signed.signature
    opinion.save()


def go_on(case_id: UUID, at: datetime) -> None:
    """Where no opinion is awaited any more the case goes to the chair's desk, unless the chair still wants to meet. The
    caller holds the case."""
    application = get_application(case_id)
    if (
        application.case.state == "reviewing"
        and not application.wants_meeting
        and not rules.waiting_experts(application)
    ):
        move(case_id, "start_drafting", actor=SYSTEM, at=at)
        begin_draft(case_id, at=at)
