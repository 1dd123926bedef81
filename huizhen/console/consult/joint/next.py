"""The one thing to do now for whoever looks, in each state; what else may be done stands under "more"."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.consult.joint import links, unagreed
from huizhen.console.shapes import Act, Next
from huizhen.consult.joint import rules
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.families.access import SHARE
from huizhen.consult.joint.flow import COORDINATE, JOINT, REPLY
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.language import Team

STEERED = ("extend", "urgency", "reassign")


def panel(seen: Seen) -> Next | None:
    """What the reader should do, or whom we wait for; nothing at the end."""
    state = seen.application.case.state
    if JOINT.state(state).end:
        return None
    return unagreed.panel(seen, _act, _can) or _STATES[state](seen)


def more(seen: Seen) -> list[Act]:
    """Everything else the reader may do, apart from what the panel offers."""
    shown = {act.href or act.action for act in (panel(seen) or Next("")).acts}
    found = [_act(seen, name) for name in _WORDS if _can(seen, name)]
    if seen.may(SHARE) and seen.application.case.closed_at is None:
        found.append(_act(seen, "family"))
    if seen.may(COORDINATE):
        found += [_act(seen, name) for name in STEERED if fits(seen, name)]
    return [act for act in found if (act.href or act.action) not in shown]


def fits(seen: Seen, name: str) -> bool:
    """Whether an act of the reader's fits the case as it stands."""
    if name in STEERED:
        return seen.application.case.closed_at is None and (name != "reassign" or _is_the_teams(seen))
    return _can(seen, name)


def _can(seen: Seen, name: str) -> bool:
    """Whether a move fits the state and the reader, and would not be refused for what the page knows already."""
    application = seen.application
    if name in ("wish_to_cosign", "leave_cosigning"):
        return _may_wish(seen, name)
    move = _MOVES.get(name, name)
    if (name, application.case.state) == ("replace_chair", "cosigning"):
        move = "replace_signed_chair"
    if move not in {found.name for found in JOINT.moves_from(application.case.state)}:
        return False
    if not seen.may(JOINT.move(move).may):
        return False
    return name not in _FITS or _FITS[name](seen.application, seen.actor)


def _may_wish(seen: Seen, name: str) -> bool:
    """Experts who do not chair may say, until the report is approved, that they want to sign it too."""
    application, me = seen.application, seen.actor.account_id
    if application.case.state not in ("reviewing", "meeting", "drafting") or _is_signing(application):
        return False
    own = next((i for i in application.invitations.all() if i.expert_id == me and i.state == "accepted"), None)
    return own is not None and not own.is_chair and own.wants_cosigning == (name == "leave_cosigning")


def _standing(application: Any) -> list[Any]:
    return [o for o in application.opinions.all() if not o.withdrawn_at]


def _is_signing(application: Any) -> bool:
    return any(r.approved_at and not r.signed_at for r in application.reports.all())


def _is_the_teams(seen: Seen) -> bool:
    return isinstance(JOINT.state(seen.application.case.state).owner, Team)


def _has_signed(application: Any, actor: Actor) -> bool:
    return any(o.expert_id == actor.account_id and o.signed_at for o in _standing(application))


def _is_late(application: Any) -> bool:
    """Whether the report of a case that had ended is being corrected."""
    return any(r.after_close and not r.signed_at for r in application.reports.all())


# What an act asks of the case beside its state and the reader's permission.
_FITS: dict[str, Callable[[Any, Actor], bool]] = {
    "withdraw_opinion": _has_signed,
    "rewrite_opinion": _has_signed,
    "reopen_review": lambda application, _actor: not _is_signing(application) and not _is_late(application),
    "retract_opinion": lambda application, _actor: not _is_signing(application),
    "refer": lambda application, _actor: not _is_signing(application),
    "replace_chair": lambda application, _actor: (
        not _is_signing(application) or bool(rules.waiting_cosigners(application))
    ),
    "release_expert": lambda application, _actor: bool(rules.waiting_experts(application)),
    "release_cosigner": lambda application, _actor: bool(rules.waiting_cosigners(application)),
    "drop_correction": lambda application, _actor: (
        not _is_signing(application) and any(r.signed_at for r in application.reports.all())
    ),
    "call_meeting": lambda application, _actor: bool(application.wants_meeting),
}


def _act(seen: Seen, name: str) -> Act:
    """An act that opens a page, or, where it needs no words, a button that asks first."""
    label, how, confirm, detail = {**_WORDS, **_STEER}[name]
    where = links.act(seen.application.case_id, _PLACES.get(name, name))
    if how == "page":
        return Act(label(), href=where)
    return Act(label(), action=where, confirm=confirm(), detail=detail())


def _none() -> str:
    return ""


def _is_me(seen: Seen, actor: Actor) -> bool:
    return seen.application.applicant_id == actor.account_id


def _submitted(seen: Seen) -> Next:
    if seen.may(COORDINATE):
        missing = rules.missing_of(seen.application)
        acts = [_act(seen, "accept_material"), _act(seen, "ask_material")]
        text = _("Is everything there that the experts need? If not, ask for it by name.")
        if missing:
            acts.reverse()
            text = _("Something is still missing. Ask the applicant for it by name.")
        return Next(_("Check the material"), text, acts=tuple(acts))
    return _wait(_("The consultation centre checks the material"), _("You are told as soon as it has been looked at."))


def _incomplete(seen: Seen) -> Next:
    if _can(seen, "supply_material"):
        text = seen.application.missing_note or _("Add what is still missing; then the centre goes on.")
        return Next(_("Add what is missing"), text, acts=(_act(seen, "supply_material"),))
    return _wait(_("Waiting for material"), _("The applicant was asked for it; the experts' clocks stand still."))


def _received(seen: Seen) -> Next:
    if seen.may(COORDINATE):
        text = _("The material is complete. Next the experts are chosen.")
        return Next(_("Begin to assign experts"), text, acts=(_act(seen, "start_assigning"),))
    return _wait(_("The material is complete"), _("The consultation centre now looks for fitting experts."))


def _assigning(seen: Seen) -> Next:
    if "invitee" in seen.capacities:
        return _invited(seen)
    if "expert" in seen.capacities:
        return _wait(_("Experts are being invited"), _("You have accepted. You are told when you may begin to read."))
    if not seen.may(COORDINATE):
        return _wait(_("Experts are being invited"), _("You are told as soon as they begin to read."))
    invitations = list(seen.application.invitations.all())
    accepted = [i for i in invitations if i.state == "accepted"]
    open_ones = [i for i in invitations if i.state in ("invited", "queued")]
    if not accepted and not open_ones:
        text = _("Search by specialty, name or hospital; you see who is free.")
        return Next(_("Invite experts"), text, acts=(_act(seen, "invite"),))
    if not accepted:
        text = _("An invitation without an answer in time lapses. You can invite more.")
        if any(i.state == "queued" for i in open_ones):
            text = _("Who does not answer in time makes room for the next. You can invite more.")
        return Next(_("Waiting for the experts' answers"), text, acts=(_act(seen, "invite"),))
    if not any(i.is_chair for i in accepted):
        text = _("The chair brings the opinions together and signs the report.")
        return Next(_("Name the chair"), text, acts=(_act(seen, "name_chair"), _act(seen, "invite")))
    text = _("%(n)s accepted, %(open)s not answered yet. The experts' clocks start when you let them begin.")
    text %= {"n": len(accepted), "open": len(open_ones)}
    return Next(_("Let the experts begin"), text, acts=(_act(seen, "start_review"), _act(seen, "invite")))


def _invited(seen: Seen) -> Next:
    text = _("You are asked for your opinion. You see question and summary now; the material opens once you accept.")
    return Next(_("Will you take part?"), text, acts=(_act(seen, "accept"), _act(seen, "decline")))


def _reviewing(seen: Seen) -> Next:
    application = seen.application
    if "invitee" in seen.capacities and "expert" not in seen.capacities:
        return _invited(seen)
    waiting = rules.waiting_experts(application)
    if seen.actor.account_id in waiting and any(
        o.expert_id == seen.actor.account_id and o.signed_at for o in _standing(application)
    ):
        text = _("You are asked to look once more. Stay with your opinion, or withdraw it and sign a new one.")
        return Next(_("Look at it again"), text, acts=(_act(seen, "confirm_opinion"), _act(seen, "withdraw_opinion")))
    if seen.actor.account_id in waiting:
        text = _("Read the material, then give and sign your own opinion. You see the others' once yours is signed.")
        return Next(_("Write your opinion"), text, acts=(_act(seen, "opinion"),))
    if "chair" in seen.capacities and not waiting:
        acts = [_act(seen, "start_drafting")]
        if application.wants_meeting and application.case.state == "reviewing":
            acts.insert(0, _act(seen, "call_meeting"))
        return Next(_("All opinions are there"), _("Bring them together in the report."), acts=tuple(acts))
    signed = len([o for o in _standing(application) if o.signed_at])
    text = _("%(n)s of %(all)s opinions are signed.") % {"n": signed, "all": signed + len(waiting)}
    return _wait(_("The experts are reading"), text)


def _drafting(seen: Seen) -> Next:
    if _is_signing(seen.application):
        return _wait(_("The report is being signed"), _("It is delivered in a moment; this page shows it by itself."))
    if "chair" in seen.capacities:
        text = _("The draft was made from the opinions. Edit it, look at the PDF, then approve and sign.")
        return Next(_("Finish the report"), text, acts=(_act(seen, "report"),))
    if any(report.signed_at for report in seen.application.reports.all()):
        return _wait(_("The report is being corrected"), _("The version you have counts until the new one is signed."))
    return _wait(_("The chair is writing the report"), _("All opinions are signed; the report follows."))


def _cosigning(seen: Seen) -> Next:
    reports = [one for one in seen.application.reports.all() if not one.signed_at]
    asked = [one for report in reports for one in report.cosignatures.all()]
    mine = next((one for one in asked if one.expert_id == seen.actor.account_id and one.state == "waiting"), None)
    if mine is not None:
        text = _("The chair has approved the report. Read it, then sign it too, or send it back with a reason.")
        acts = [_act(seen, "preview"), _act(seen, "cosign"), _act(seen, "object_report")]
        if not mine.required:
            acts.append(_act(seen, "pass_cosigning"))
        return Next(_("Co-sign the report"), text, acts=tuple(acts))
    names = "、".join(one.expert.name for one in asked if one.state == "waiting")
    if not names:
        return _wait(_("The report is being signed"), _("It is delivered in a moment; this page shows it by itself."))
    if seen.as_patient:
        return _wait(_("The experts are signing the report"), _("You are told as soon as it is there."))
    return _wait(_("Waiting for signatures"), _("Still to co-sign: %(names)s.") % {"names": names})


def _answering(seen: Seen) -> Next:
    if seen.may(REPLY):
        return Next(_("Answer the question"), _("It stands below. The applicant and the patient are told."),
                    acts=(Act(_("Go to the question"), href="#questions"),))  # fmt: skip
    return _wait(_("The experts are answering"), _("You are told as soon as the answer is there."))


def _delivered(seen: Seen) -> Next:
    application = seen.application
    signed = [r.version for r in application.reports.all() if r.signed_at]
    pdf = Act(_("Download the report"), href=f"{links.case(application.case_id)}report/{max(signed)}.pdf")
    if seen.may(JOINT.move("ask_back").may):
        text = _("You may ask back for seven days; then the consultation ends by itself.")
        return Next(_("Read the report"), text, acts=(pdf, _act(seen, "ask_back")))
    return Next(_("The report is delivered"), _("The applicant may ask back for seven days."), mine=False, acts=(pdf,))


def _wait(title: str, text: str) -> Next:
    return Next(title, text, mine=False)


# Acts that are another move, or another page, than their name.
_MOVES = {"rewrite_opinion": "retract_opinion"}
_PLACES = {"rewrite_opinion": "withdraw_opinion", "preview": "report/preview.pdf"}
_STATES: dict[str, Callable[[Seen], Next]] = {
    "submitted": _submitted,
    "incomplete": _incomplete,
    "received": _received,
    "assigning": _assigning,
    "reviewing": _reviewing,
    "meeting": _reviewing,
    "drafting": _drafting,
    "cosigning": _cosigning,
    "delivered": _delivered,
    "answering": _answering,
}

Words = tuple[Callable[[], str], str, Callable[[], str], Callable[[], str]]
# What a button says, whether it opens a page, and what it asks before it acts.
_WORDS: dict[str, Words] = {
    "accept_material": (lambda: _("The material is complete"), "post", _none, _none),
    "ask_material": (lambda: _("Ask for material"), "page", _none, _none),
    "supply_material": (lambda: _("Add material"), "page", _none, _none),
    "start_assigning": (lambda: _("Begin to assign"), "post", _none, _none),
    "invite": (lambda: _("Invite experts"), "page", _none, _none),
    "name_chair": (lambda: _("Name the chair"), "page", _none, _none),
    "replace_chair": (lambda: _("Replace the chair"), "page", _none, _none),
    "release_expert": (lambda: _("Release an expert who cannot go on"), "page", _none, _none),
    "release_cosigner": (lambda: _("Release from co-signing"), "page", _none, _none),
    "start_review": (lambda: _("Let the experts begin"), "post", _none, _none),
    "withdraw_opinion": (lambda: _("Withdraw my opinion"), "page", _none, _none),
    "rewrite_opinion": (lambda: _("Withdraw my opinion and write a new one"), "page", _none, _none),
    "wish_to_cosign": (lambda: _("I want to co-sign the report"), "post", _none, _none),
    "leave_cosigning": (lambda: _("I do not want to co-sign any more"), "post", _none, _none),
    "recall_report": (lambda: _("Take the report back"), "page", _none, _none),
    "correct_report": (lambda: _("Correct the report"), "page", _none, _none),
    "drop_correction": (lambda: _("Leave the report as it is"), "page", _none, _none),
    "call_meeting": (lambda: _("Call the meeting"), "post", _none, _none),
    "start_drafting": (lambda: _("Begin the report"), "post", _none, _none),
    "reopen_review": (lambda: _("Ask the experts to look again"), "page", _none, _none),
    "ask_back": (lambda: _("Ask back"), "page", _none, _none),
    "close": (
        lambda: _("End the consultation"), "post", lambda: _("End this consultation?"),
        lambda: _("The report stays with you. The experts' access ends."),
    ),
    "withdraw": (
        lambda: _("Withdraw the application"), "post", lambda: _("Withdraw this application?"),
        lambda: _("Everybody is told, and the experts' access ends. This cannot be undone."),
    ),
    "refer": (lambda: _("Refer to a hospital"), "page", _none, _none),
}  # fmt: skip
_STEER: dict[str, Words] = {
    "extend": (lambda: _("Give more time"), "page", _none, _none),
    "urgency": (lambda: _("Change the urgency"), "page", _none, _none),
    "reassign": (lambda: _("Hand over"), "page", _none, _none),
    "accept": (lambda: _("Accept"), "post", _none, _none),
    "decline": (lambda: _("Decline"), "page", _none, _none),
    "opinion": (lambda: _("Write the opinion"), "page", _none, _none),
    "report": (lambda: _("Work on the report"), "page", _none, _none),
    "family": (lambda: _("Let the family follow"), "page", _none, _none),
    "preview": (lambda: _("Look at the PDF"), "page", _none, _none),
    "confirm_opinion": (lambda: _("Stay with my opinion"), "post", _none, _none),
    "cosign": (
        lambda: _("Co-sign"),
        "post",
        lambda: _("Sign this report beside the chair?"),
        lambda: _("Your electronic signature is put into the file."),
    ),
    "pass_cosigning": (lambda: _("Leave it to the others"), "post", _none, _none),
    "object_report": (lambda: _("Object"), "page", _none, _none),
}
