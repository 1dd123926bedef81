"""Whose record was opened to another organisation hears of it: somebody stood there with the identity card."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, outbox
from huizhen.kernel.notify import register, tell
from huizhen.records.consent.models import Consent
from huizhen.records.patients.queries import list_accounts_of

ADMITTED = register(
    "records.consent.admitted",
    title=_("A hospital may read your health record"),
    body=_("You signed at another hospital that it may read your health record. If that was not you, end it at once."),
    ladder={"urgent": ("sms", "email"), "normal": ("sms", "email")},
    link=lambda _context: "/me/consents/",
)


@outbox.on("records.consent.given.treatment")
def tell_patient(payload: dict[str, Any]) -> None:
    """One message to the patient and each guardian; what they gave in the app themselves is no news."""
    consent = Consent.objects.get(id=payload["consent"])
    if consent.evidence == "paper":
        tell(ADMITTED, list_accounts_of(consent.patient_id), key=f"{consent.id}:{ADMITTED}",
             context={"link": "/me/consents/"}, at=clock.now())  # fmt: skip
