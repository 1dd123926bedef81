"""Whose record was opened in an emergency hears of it at once, and hears if it was not justified."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, outbox
from huizhen.kernel.notify import register, tell
from huizhen.records.emergency.flow import EMERGENCY
from huizhen.records.emergency.models import EmergencyAccess
from huizhen.records.patients.queries import list_accounts_of

LADDER = {"urgent": ("sms", "email"), "normal": ("sms", "email")}
OPENING = register(
    "records.emergency.told",
    title=_("Your health record was opened in an emergency"),
    body=_(
        "A doctor opened your health record in an emergency. It is reviewed within a day."
        " You can see who read it, and the reason given."
    ),
    ladder=LADDER,
    link=lambda _context: "/me/access/",
)
REJECTED = register(
    "records.emergency.rejected",
    title=_("An opening of your health record was not justified"),
    body=_("The review found that opening your health record was not justified. It was ended."),
    ladder=LADDER,
    link=lambda _context: "/me/access/",
)


@outbox.on(f"{EMERGENCY.kind}.opened")
def tell_patient(payload: dict[str, Any]) -> None:
    """At once, at night too."""
    say(OPENING, payload["case"])


@outbox.on(f"{EMERGENCY.kind}.reject")
def tell_verdict(payload: dict[str, Any]) -> None:
    """Only what went wrong is news."""
    say(REJECTED, payload["case"])


def say(kind: str, case_id: str) -> None:
    """One message to the patient and each guardian; twice is once."""
    found = EmergencyAccess.objects.select_related("case").get(case_id=case_id)
    context = {"number": found.case.number, "link": "/me/access/", "case": found.case_id}
    tell(kind, list_accounts_of(found.patient_id), key=f"{found.id}:{kind}", context=context, urgency="urgent",
         at=clock.now())  # fmt: skip
