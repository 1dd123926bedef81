"""An emergency access is a ground to read a record, beside role and consent."""

from datetime import datetime

from huizhen.kernel.access import Actor
from huizhen.records.emergency.queries import get_live, list_reasons
from huizhen.records.patients.grounds import add_ground
from huizhen.records.patients.models import Patient


def install() -> None:
    """Say so from here on; called once by `config.wiring`."""
    add_ground("emergency", find, list_reasons)


def find(actor: Actor, patient: Patient, at: datetime) -> str | None:
    """The key of the access under which the actor reads this patient's record, for the audit."""
    live = get_live(actor.account_id, patient, at=at) if actor.memberships else None
    return str(live.id) if live else None
