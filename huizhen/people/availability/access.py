"""Whose calendar one may keep: one's own, and those of one's organisation or centre."""

from uuid import UUID

from huizhen.kernel.access import Actor, NotVisible, grant, may
from huizhen.people.availability.models import Absence
from huizhen.people.credentials.models import Practitioner

KEEP = grant(
    "people:availability:keep", roles=("coordinator", "team_lead", "operator", "department_head", "system_admin")
)


def access_calendar(actor: Actor, account_id: UUID) -> Practitioner:
    """The doctor behind an account, for keeping the calendar.

    Raises:
        NotVisible: no doctor, or neither oneself nor of an organisation that one looks after.
    """
    found = Practitioner.objects.select_related("account").filter(account_id=account_id).first()
    if found is None or not (actor.account_id == account_id or may(actor, KEEP, found.organisation_id)):
        raise NotVisible(account_id)
    return found


def access_absence(actor: Actor, absence_id: UUID) -> Absence:
    """An absence, for whoever may keep that calendar.

    Raises:
        NotVisible: as `access_calendar`.
    """
    found = Absence.objects.select_related("practitioner").filter(id=absence_id).first()
    if found is None:
        raise NotVisible(absence_id)
    access_calendar(actor, found.practitioner.account_id)
    return found
