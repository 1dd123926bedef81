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
from huizhen.console.consult.joint.next import fits
from huizhen.console.consult.joint.not_now import not_now
from huizhen.console.refusals import REFUSALS, put_into, say, status_of
from huizhen.consult.joint import actions, rules
from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.flow import COORDINATE, JOINT, OPINE
from huizhen.consult.joint.questions import actions as questions
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


# Buttons whose act is more than a move.
OWN: dict[str, Callable[[Any, UUID], Any]] = {
    "confirm-opinion": lambda actor, case_id: actions.confirm_opinion(actor, case_id, at=now()),
    "cosign": lambda actor, case_id: actions.cosign(actor, case_id, at=now()),
    "pass-cosigning": lambda actor, case_id: actions.pass_cosigning(actor, case_id, at=now()),
    "wish-to-cosign": lambda actor, case_id: actions.wish_to_cosign(actor, case_id, wishes=True),
    "leave-cosigning": lambda actor, case_id: actions.wish_to_cosign(actor, case_id, wishes=False),
}
PERMISSIONS = {"wish-to-cosign": OPINE, "leave-cosigning": OPINE}
BUTTONS = ("accept-material", "start-assigning", "start-review", "call-meeting", "start-drafting", "close", "withdraw",
           *OWN)  # fmt: skip
SAID = {
    "accept-material": _("Noted: the material is complete."),
    "start-assigning": _("Now choose the experts."),
    "start-review": _("The experts have been told, and their clocks run."),
    "call-meeting": _("The meeting is called; everybody is told."),
    "start-drafting": _("The draft of the report is ready for you."),
    "confirm-opinion": _("Noted: your opinion stands as you signed it."),
    "cosign": _("Co-signed. The file is made when everybody asked has answered."),
    "pass-cosigning": _("Noted. The report goes out without your signature; your opinion stays in it."),
    "wish-to-cosign": _("You will be asked to co-sign when the chair has approved the report."),
    "leave-cosigning": _("Noted. You will not be asked to co-sign."),
    "close": _("The consultation is closed. Thank you."),
    "withdraw": _("The application is withdrawn; everybody is told."),
}


def _move(name: str) -> Callable[[Any, UUID, dict[str, Any]], Any]:
    return lambda actor, case_id, data: actions.make_move(actor, case_id, name, at=now(), reason=data["reason"])


def _about(act: Callable[..., Any], name: str) -> Callable[[Any, UUID, dict[str, Any]], Any]:
    """Of a form that names one of the panel, in this field, and a reason."""
    return lambda actor, case_id, data: act(actor, case_id, UUID(data[name]), reason=data["reason"], at=now())


FORMS: dict[str, Asked] = {
    "ask-material": Asked(
        _("Ask for material"), _("The applicant and the patient are told what is missing. The clocks stand still."),
        _("Ask for it"), JOINT.move("ask_material").may, forms.AskMaterial,
        lambda actor, case_id, data: actions.ask_material(actor, case_id, **data, at=now()),
        lambda seen: {"found": rules.missing_of(seen.application)},
    ),
    "name-chair": Asked(
        _("Name the chair"), _("The chair brings the opinions together and signs the report."), _("Name as chair"),
        COORDINATE, forms.Chair,
        lambda actor, case_id, data: actions.name_chair(actor, case_id, UUID(data["invitation"]), at=now()),
        choices.accepted,
    ),
    "replace-chair": Asked(
        _("Replace the chair"),
        _("Who chaired so far and the new chair are told. Signatures given so far are void; the new chair signs anew."),
        _("Replace"), COORDINATE, forms.ReplaceChair, _about(actions.name_chair, "invitation"), choices.accepted,
    ),
    "release-expert": Asked(
        _("Release an expert who cannot go on"),
        _("Nobody waits for this opinion any more, and the experts are told. An opinion signed before stands."),
        _("Release this expert"), COORDINATE, forms.Release, _about(actions.release_expert, "who"), choices.awaited,
    ),
    "release-cosigner": Asked(
        _("Release from co-signing"),
        _("The report goes out without this signature. Expert and chair are told, and the reason stays on record."),
        _("Release this expert"), COORDINATE, forms.Release, _about(actions.release_cosigner, "who"), choices.cosigners,
    ),
    "withdraw-opinion": Asked(
        _("Withdraw my opinion"), _("It stays on record as withdrawn. You write and sign a new one."),
        _("Withdraw it"), JOINT.move("withdraw_opinion").may, forms.Reason,
        lambda actor, case_id, data: actions.withdraw_opinion(actor, case_id, **data, at=now()),
    ),
    "reopen-review": Asked(
        _("Ask the experts to look again"),
        _("Those you choose are told why, and only their clocks run. They confirm their opinion or sign a new one."),
        _("Ask them"), JOINT.move("reopen_review").may, forms.LookAgain,
        lambda actor, case_id, data: actions.reopen_review(
            actor, case_id, reason=data["reason"], experts=[UUID(key) for key in data["experts"]], at=now()
        ),
        choices.experts,
    ),
    "object-report": Asked(
        _("Object to the report"), _("It goes back to the chair's desk with your reason; nothing is signed."),
        _("Send it back"), JOINT.move("object_report").may, forms.Reason,
        lambda actor, case_id, data: actions.object_report(actor, case_id, **data, at=now()),
    ),
    "recall-report": Asked(
        _("Take the report back"), _("The experts asked to co-sign are told why; signatures given so far are void."),
        _("Take it back"), JOINT.move("recall_report").may, forms.Reason,
        lambda actor, case_id, data: actions.recall_report(actor, case_id, **data, at=now()),
    ),
    "correct-report": Asked(
        _("Correct the report"),
        _("The reason is printed on the new version. Everybody who has the old one is told now, and again when the new "
          "one is signed. The old one stays to be downloaded, marked as replaced."),
        _("Begin the correction"), JOINT.move("correct_report").may, forms.Reason,
        lambda actor, case_id, data: actions.correct_report(actor, case_id, **data, at=now()),
    ),
    "drop-correction": Asked(
        _("Leave the report as it is"), _("Everybody who was told of the correction is told why it is not needed."),
        _("Leave it"), JOINT.move("drop_correction").may, forms.Reason,
        lambda actor, case_id, data: actions.drop_correction(actor, case_id, **data, at=now()),
    ),
    "refer": Asked(
        _("Refer to a hospital"), _("The consultation ends here. The applicant and the patient are told why."),
        _("Refer"), JOINT.move("refer").may, forms.Reason, _move("refer"),
    ),
    "ask-back": Asked(
        _("Ask back"), _("The experts are told. You are told as soon as the answer is there."), _("Send the question"),
        JOINT.move("ask_back").may, forms.AskBack,
        lambda actor, case_id, data: questions.ask_back(
            actor, case_id, question=data["question"], sent_key=str(data["key"]), at=now()
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
    access_joint(request.actor, case_id, to=PERMISSIONS.get(name) or JOINT.move(move).may)
    try:
        OWN[name](request.actor, case_id) if name in OWN else actions.make_move(request.actor, case_id, move, at=now())
        messages.success(request, SAID[name])
    except REFUSALS as error:
        messages.error(request, say(error))
    return redirect(BOARD if request.POST.get("back") == "board" else links.case(case_id))


@login_required
def fill(request: Request, case_id: UUID, name: str) -> HttpResponse:
    """Show the form of an act, or carry it out. Refused, the form comes back with what was typed.

    Where the act does not fit the case as it stands, the page says that.
    """
    asked = FORMS[name]
    seen = access_joint(request.actor, case_id, to=asked.may)
    if request.method != "POST" and not fits(seen, name.replace("-", "_")):
        return not_now(request, seen, asked.title)
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
