"""The kernel's questions about people and organisations, answered from these tables."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth import get_user_model

from huizhen.kernel.access import Contact, set_directory
from huizhen.people.organisations import queries


class PeopleDirectory:
    """Implements `kernel.access.Directory`; `config.wiring` installs it."""

    def members(self, role: str, organisation_id: UUID) -> list[UUID]:
        """Accounts that hold `role` at this organisation, active ones only."""
        return queries.members(role, organisation_id)

    def contacts(self, account_ids: Iterable[UUID]) -> dict[UUID, Contact]:
        """How to reach each account; unknown and deactivated ones are missing."""
        rows = get_user_model().objects.filter(pk__in=list(account_ids), is_active=True)
        return {
            row.pk: Contact(row.pk, row.name, row.language, row.phone, row.email, row.time_zone)
            for row in rows.only("id", "name", "language", "phone", "email", "time_zone")
        }

    def covers(self, organisation_id: UUID, other_id: UUID) -> bool:
        """Whether `other_id` is `organisation_id` itself or lies below it in the tree."""
        return queries.covers(organisation_id, other_id)

    def below(self, organisation_id: UUID) -> list[UUID]:
        """The organisation and everything below it."""
        return queries.below(organisation_id)


def install() -> None:
    """Answer the kernel's questions from here on."""
    set_directory(PeopleDirectory())
