"""Bringing somebody into a region: the account and its first role, or neither."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel.access import Actor
from huizhen.people.accounts.actions import create_staff
from huizhen.people.accounts.models import Account
from huizhen.people.organisations.actions import add_membership


@transaction.atomic
def employ(
    *,
    username: str,
    name: str,
    role: str,
    organisation_id: UUID,
    actor: Actor,
    at: datetime,
    email: str = "",
    phone: str = "",
    language: str = "zh-hans",
) -> Account:
    """Make an account at an organisation and give its first role there, in one transaction. Nobody can log in with it
    before its owner has used an invitation.

    Raises:
        As `accounts.actions.create_staff` and `organisations.actions.add_membership`.
    """
    made = create_staff(
        username=username, name=name, organisation_id=organisation_id, email=email, phone=phone, language=language,
        actor=actor, at=at,
    )  # fmt: skip
    add_membership(made.pk, organisation_id, role, actor=actor, at=at)
    return made
