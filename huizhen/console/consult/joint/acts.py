"""Acts on a consultation that are a button, or one short form: each address is one act, and each act one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from huizhen.console.consult.joint import choices, forms, links
from huizhen.console.consult.joint.case import crumbs, head
from huizhen.console.refusals import REFUSALS, put_into, say, status_of
from huizhen.consult.joint import actions
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import COORDINATE, JOINT
from huizhen.kernel import ids
from huizhen.kernel.clock import now
from huizhen.kernel.flow.queries import list_deadlines
from huizhen.people.accounts.requests import Request

BOARD = "/centre/board/"
DONE = _("Done. Everybody concerned is told.")


@dataclass(frozen=True)
class Asked:
    """An act with a form: its words, who may, what the form offers, and the one action it leads to."""

    title: Any
    lead: Any
    submit: Any
    may: str
    form: type[Form]
    do: Callable[[Any, UUID, dict[str, Any]], Any]
    offers: Callable[[Seen], dict[str, Any]] = lambda _seen: {}
    done: Any = DONE


BUTTONS = ("accept-material", "start-assigning", "start-review", "call-meeting", "start-drafting", "close", "withdraw")
SAID = {
    "accept-material": _("Noted: the material is complete."),
    "start-assigning": _("Now choose the experts."),
    "start-review": _("The experts have been told, and their clocks run."),
    "call-meeting": _("The meeting is called; everybody is told."),
    "start-drafting": _("The draft of the report is ready for you."),
    "close": _("The consultation is closed. Thank you."),
    "withdraw": _("The application is withdrawn; everybody is told."),
}


def _move(name: str) -> Callable[[Any, UUID, dict[str, Any]], Any]:
    return lambda actor, case_id, data: actions.make_move(actor, case_id, name, at=now(), reason=data["reason"])


FORMS: dict[str, Asked] = {
    "ask-material": Asked(
        _("Ask for material"), _("The applicant and the patient are told what is missing. The clocks stand still."),
        _("Ask for it"), JOINT.move("ask_material").may, forms.AskMaterial,
        lambda actor, case_id, data: actions.ask_material(actor, case_id, **data, at=now()),
    ),
    "name-chair": Asked(
        _("Name the chair"), _("The chair brings the opinions together and signs the report."), _("Name as chair"),
        COORDINATE, forms.Chair,
        lambda actor, case_id, data: actions.name_chair(actor, case_id, UUID(data["invitation"]), at=now()),
        choices.accepted,
    ),
    "withdraw-opinion": Asked(
        _("Withdraw my opinion"), _("It stays on record as withdrawn. You write and sign a new one."),
        _("Withdraw it"), JOINT.move("withdraw_opinion").may, forms.Reason,
        lambda actor, case_id, data: actions.withdraw_opinion(actor, case_id, **data, at=now()),
    ),
    "reopen-review": Asked(
        _("Ask the experts to look again"), _("The experts are told why, and their clocks run again."), _("Ask them"),
        JOINT.move("reopen_review").may, forms.Reason, _move("reopen_review"),
    ),
    "refer": Asked(
        _("Refer to a hospital"), _("The consultation ends here. The applicant and the patient are told why."),
        _("Refer"), JOINT.move("refer").may, forms.Reason, _move("refer"),
    ),
    "ask-back": Asked(
        _("Ask back"), _("The experts are told, and answer in the conversation."), _("Send the question"),
        JOINT.move("ask_back").may, forms.AskBack,
        lambda actor, case_id, data: actions.ask_back(
            actor, case_id, question=data["question"], client_id=str(ids.new_id()), at=now()
        ),
        done=_("Your question is with the experts."),
    ),
    "extend": Asked(
        _("Give more time"), _("A delay is never silent: the applicant and the patient are told the reason."),
        _("Extend and tell"), COORDINATE, forms.Extend,
        lambda actor, case_id, data: actions.extend(actor, case_id, **data, at=now()),
    ),
    "urgency": Asked(
        _("Change the urgency"), _("All running clocks are measured anew. Everybody concerned is told."),
        _("Change it"), COORDINATE, forms.Urgency,
        lambda actor, case_id, data: actions.set_urgency(actor, case_id, **data, at=now()),
    ),
    "reassign": Asked(
        _("Hand over"), _("The deadline stays. Who takes over is told."), _("Hand over"), COORDINATE, forms.Reassign,
        lambda actor, case_id, data: actions.reassign(
            actor, case_id, owner_id=UUID(data["owner"]), reason=data["reason"], at=now()
        ),
        choices.colleagues,
    ),
}  # fmt: skip


@login_required
@require_POST
def press(request: Request, case_id: UUID, name: str) -> HttpResponse:
    """Make one of the moves that need no words. A refusal is said on the case's page."""
    if name not in BUTTONS:
        raise Http404
    move = name.replace("-", "_")
    access_joint(request.actor, case_id, to=JOINT.move(move).may)
    try:
        actions.make_move(request.actor, case_id, move, at=now())
        messages.success(request, SAID[name])
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(BOARD if request.POST.get("back") == "board" else links.case(case_id))


@login_required
def fill(request: Request, case_id: UUID, name: str) -> HttpResponse:
    """Show the form of an act, or carry it out. Refused, the form comes back with what was typed."""
    asked = FORMS[name]
    seen = access_joint(request.actor, case_id, to=asked.may)
    form = asked.form(request.POST or None, **asked.offers(seen))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            asked.do(request.actor, case_id, form.cleaned_data)
        except REFUSALS as error:
            put_into(form, error)
            status = status_of(error)
        else:
            messages.success(request, asked.done)
            return redirect(links.case(case_id))
    return show_form(
        request, seen, form, name=name, asked=asked, status=422 if form.errors and status == 200 else status
    )


def show_form(request: Request, seen: Seen, form: Form, *, name: str, asked: Asked, status: int) -> HttpResponse:
    """The page of an act's form."""
    context = {
        "case": head(seen, list_deadlines(seen.application.case_id)), "crumbs": crumbs(seen, str(asked.title)),
        "title": asked.title, "lead": asked.lead, "form": form, "submit": asked.submit,
        "draft": f"{name}:{seen.application.case_id}", "confirm": "", "confirm_detail": "",
    }  # fmt: skip
    return render(request, "consult/joint/act.html", context, status=status)
