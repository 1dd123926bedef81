"""Opinions: written alone, signed by their author, withdrawn only with a reason and never erased."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint import rules
from huizhen.consult.joint.access import access_own_opinion
from huizhen.consult.joint.actions.paper import get_people, to_text
from huizhen.consult.joint.actions.reports import begin_draft
from huizhen.consult.joint.models import Application, Opinion
from huizhen.consult.joint.queries import get_application, get_opinion
from huizhen.consult.joint.report import press
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.acts import add_holder, end_clock
from huizhen.kernel.flow.clocks import personal
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused


@dataclass(frozen=True)
class OpinionFields:
    """What an expert writes."""

    findings: str
    assessment: str
    advice: str
    stance: str = "agree"
    stance_reason: str = ""


@transaction.atomic
def save_opinion(actor: Actor, case_id: UUID, fields: OpinionFields, *, at: datetime) -> Opinion:
    """Keep one's draft.

    Raises:
        NotVisible, NotAllowed: no expert of this case. Refused `signed`: it is signed already.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account) or _next(application, actor, at)
    if opinion.signed_at:
        raise Refused("signed")
    for name, value in asdict(fields).items():
        setattr(opinion, name, value)
    opinion.updated_at = at
    opinion.save()
    return opinion


@transaction.atomic
def sign_opinion(actor: Actor, case_id: UUID, *, at: datetime, version: int | None = None) -> Opinion:
    """Sign one's opinion as it stands; signed already, it is returned as it is. With the last opinion drafting begins.

    Raises:
        Refused `empty_opinion`, `no_stance_reason`; SigningRefused: no usable certificate. And as `move`.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account)
    if opinion is not None and opinion.signed_at:
        return opinion
    if opinion is None or not opinion.assessment.strip():
        raise Refused("empty_opinion")
    if opinion.stance != "agree" and not opinion.stance_reason.strip():
        raise Refused("no_stance_reason")
    _sign(opinion, application.case.number, at)
    move(case_id, "sign_opinion", actor=actor, at=at, data={"opinion": str(opinion.id)}, version=version)
    end_clock(case_id, personal(opinion.expert_id), at=at)
    _go_on(case_id, at)
    return opinion


@transaction.atomic
def withdraw_opinion(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Withdraw one's signed opinion before the report is drafted; it stays on record, and a new one is asked for.

    Raises:
        Refused `not_signed`. And as `move`: too late once drafting has begun.
    """
    application = access_own_opinion(actor, case_id)
    _hold(application)
    opinion = get_opinion(application.id, actor.account)
    if opinion is None or not opinion.signed_at:
        raise Refused("not_signed")
    move(case_id, "withdraw_opinion", actor=actor, at=at, reason=reason, data={"opinion": str(opinion.id)})
    opinion.withdrawn_at = at
    opinion.save(update_fields=["withdrawn_at"])
    add_holder(case_id, opinion.expert_id, at=at)


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


def _go_on(case_id: UUID, at: datetime) -> None:
    """With the last opinion the case goes to the chair's desk, unless the chair still wants to meet."""
    application = get_application(case_id)
    if (
        application.case.state == "reviewing"
        and not application.wants_meeting
        and not rules.waiting_experts(application)
    ):
        move(case_id, "start_drafting", actor=SYSTEM, at=at)
        begin_draft(case_id, at=at)
