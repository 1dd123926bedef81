"""The one thing to do now for whoever looks at a referral, in each state; what else may be done."""

from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.consult.referrals import links
from huizhen.console.shapes import Act, Next
from huizhen.consult.referrals.access import Seen
from huizhen.consult.referrals.flow import RECEIVE, RECEIVING, REFERRAL, WITHDRAW, WRITE
from huizhen.people.organisations.queries import get_full_name


def panel(seen: Seen, consent: Any) -> Next | None:
    """What the reader should do, or whom we wait for; nothing at the end."""
    state = seen.referral.case.state
    if REFERRAL.state(state).end:
        return None
    if state == "draft":
        return _draft(seen, consent)
    if seen.may(RECEIVE) and not seen.opens:
        text = _("The patient has withdrawn the consent: letter and material are closed. Call the referring doctor.")
        return Next(_("Nothing can be read at the moment"), text, mine=False)
    if seen.as_receiver and not seen.may(RECEIVE):
        return _named(seen)
    return _RECEIVING[state](seen)


def _named(seen: Seen) -> Next:
    if not seen.opens:
        text = _("The patient has withdrawn the consent: letter and material are closed.")
        return Next(_("Nothing can be read at the moment"), text, mine=False)
    text = _("Your hospital has named you. Letter and material stand below until the referral ends.")
    return Next(_("You are to see this patient"), text, mine=False)


def more(seen: Seen) -> list[Act]:
    """Everything else the reader may do."""
    state, found = seen.referral.case.state, []
    named = [_page(seen, "doctor", _("Name the doctor"))] if seen.may(RECEIVE) and state in RECEIVING else []
    if seen.may(RECEIVE) and state == "accepted":
        found = [
            _page(seen, "reschedule", _("Change the appointment")),
            _page(seen, "absence", _("The patient did not come")),
        ]
    if seen.may(WITHDRAW) and state in REFERRAL.move("withdraw").sources:
        detail = _("Everybody is told. The letter no longer counts, and the hospital can read nothing any more.")
        found.append(
            Act(_("Withdraw the referral"), action=links.act(seen.referral.case_id, "withdraw"),
                confirm=_("Withdraw this referral?"), detail=detail)
        )  # fmt: skip
    return [*named, *found]


def _draft(seen: Seen, consent: Any) -> Next:
    referral = seen.referral
    if referral.approved_at:
        return Next(
            _("The letter is being signed"), _("It is sent in a moment; this page shows it by itself."), mine=False
        )
    if seen.may(WRITE):
        letter, paper = _page(seen, "letter", _("Work on the letter")), _page(seen, "consent", _("Add the signed form"))
        if consent is None:
            text = _("The patient must agree before the letter is sent: in the app, or on a form that you add here.")
            return Next(_("Write the letter, and have the patient agree"), text, acts=(letter, paper))
        return Next(_("Look over the letter and sign it"), _("The patient has agreed."), acts=(letter,))
    if consent is None:
        text = _(
            "Your doctor would like to refer you to %(place)s. If you agree, that hospital may read the letter and the "
            "material of the consultation, for as long as the referral lasts. You can withdraw this at any time."
        ) % {"place": get_full_name(seen.referral.target_id)}
        agree = Act(_("I agree"), action=links.act(referral.case_id, "agree"))
        return Next(_("Do you agree to the referral?"), text, acts=(agree,))
    return Next(_("Your doctor is writing the letter"), _("You are told as soon as it is sent."), mine=False)


def _sent(seen: Seen) -> Next:
    if seen.may(RECEIVE):
        text = _("Read the letter. Name a time and a place, or refuse with a reason; everybody is told.")
        acts = (_page(seen, "accept", _("Accept with an appointment")), _page(seen, "refuse", _("Refuse")))
        return Next(_("Can you take this patient?"), text, acts=acts)
    return Next(_("Waiting for the hospital's answer"), _("You are told as soon as it accepts or refuses."), mine=False)


def _accepted(seen: Seen) -> Next:
    if seen.may(RECEIVE):
        arrived = Act(_("The patient has come"), action=links.act(seen.referral.case_id, "arrive"))
        return Next(_("Has the patient come?"), _("The appointment stands below."), acts=(arrived,))
    if seen.as_patient:
        text = _("Time and place stand below. Bring your identity card and this letter, on paper or on the phone.")
        return Next(_("The hospital expects you"), text, mine=False)
    return Next(_("The hospital has accepted"), _("Time and place stand below; the patient is told."), mine=False)


def _arrived(seen: Seen) -> Next:
    if seen.may(RECEIVE):
        text = _("What was found, and what was done? The referring doctor and the experts learn from it.")
        return Next(_("Write back"), text, acts=(_page(seen, "answer", _("Write back")),))
    return Next(_("The patient is at the hospital"), _("You are told as soon as it writes back."), mine=False)


def _page(seen: Seen, name: str, label: str) -> Act:
    return Act(label, href=links.act(seen.referral.case_id, name))


_RECEIVING = {"sent": _sent, "accepted": _accepted, "arrived": _arrived}
