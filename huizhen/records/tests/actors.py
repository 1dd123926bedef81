"""Actors for tests, as `people.accounts` would build them."""

from typing import Any

from huizhen.kernel.access import Actor, Membership
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member
from huizhen.records.patients.queries import list_patient_ids


def staff(role: str, organisation: Organisation | None = None) -> Actor:
    """A member of staff with one role."""
    member = make_member(role, organisation)
    return as_staff(member.account, (role, member.organisation_id))


def as_staff(account: Any, *roles: tuple[str, Any]) -> Actor:
    """An account with these roles."""
    held = tuple(Membership(role, organisation_id) for role, organisation_id in roles)
    return Actor(account.id, str(account), held, origin={"ip": "192.0.2.1"})


def family(account: Any = None) -> Actor:
    """A patient or guardian, with the patients they stand for now."""
    account = account or make_account(kind="patient")
    return Actor(account.id, str(account), patient_ids=frozenset(list_patient_ids(account.id)))
