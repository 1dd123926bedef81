"""What each does while opinions are awaited and the patient's consent for the case is in force no more."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from huizhen.console.shapes import Act, Next
from huizhen.consult.joint import rules
from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import COORDINATE, OPEN, READING

AWAITING = frozenset(OPEN) - {"drafting"}
ENDING = ("refer", "withdraw")

ActOf = Callable[[Seen, str], Act]
Can = Callable[[Seen, str], bool]


def panel(seen: Seen, act: ActOf, can: Can) -> Next | None:
    """The one thing to do now; nothing where consent is in force, or the missing one holds nobody up. `act` and `can`
    are those of the other panels."""
    if seen.is_agreed or seen.application.case.state not in AWAITING or _goes_on(seen):
        return None
    title = _("The patient's consent for this consultation was withdrawn or has ended")
    if seen.as_patient or "applicant" in seen.capacities or seen.may(COORDINATE):
        return Next(title, _ways_on(seen), acts=tuple(_acts(seen, act, can)))
    text = _(
        "The material is closed and there is nothing for you to write. You are told when the patient agrees again."
    )
    decline = (act(seen, "decline"),) if "invitee" in seen.capacities else ()
    return Next(title, text, mine=False, acts=decline)


def _goes_on(seen: Seen) -> bool:
    """Whether the reading has come so far that nobody, or not the reader, waits for what is closed."""
    application, me = seen.application, seen.actor.account_id
    if application.case.state not in READING:
        return False
    return not rules.waiting_experts(application) or me in rules.signed_experts(application)


def _ways_on(seen: Seen) -> str:
    """How the consultation goes on or ends, for who can do something about it."""
    if seen.as_patient:
        return _(
            "The experts can read nothing and the consultation stands still. If it is to go on, give the consent again "
            "under “My consents”; if not, withdraw the application."
        )
    if seen.may(COORDINATE):
        return _(
            "The experts can read nothing, and their time runs on. Ask the applicant to talk with the patient, and "
            "give the experts more time meanwhile; if the patient does not want it any more, the applicant withdraws "
            "it."
        )
    return _(
        "The experts can read nothing and the consultation stands still. Talk with the patient, who can give the "
        "consent again in the app under “My consents”; if the patient does not want it any more, withdraw the "
        "application."
    )


def _acts(seen: Seen, act: ActOf, can: Can) -> Iterator[Act]:
    if seen.as_patient:
        yield Act(_("My consents"), href="/me/consents/")
    elif seen.may(COORDINATE):
        yield act(seen, "extend")
    yield from (act(seen, name) for name in ENDING if can(seen, name))
