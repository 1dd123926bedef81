from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from huizhen.kernel.access import Actor, Membership
from huizhen.kernel.flow.door import open_case
from huizhen.people.accounts.models import Account
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_organisation
from tests.example.flow import ERRAND

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


@dataclass
class World:
    """A centre, an applicant, two helpers, a coordinator."""

    centre: Organisation
    applicant: Account
    helpers: list[Account]
    coordinator: Account

    def actor(self, account: Account, *roles: str) -> Actor:
        return Actor(account.id, account.name, tuple(Membership(role, self.centre.id) for role in roles))

    @property
    def asking(self) -> Actor:
        return self.actor(self.applicant)

    @property
    def running(self) -> Actor:
        return self.actor(self.coordinator, "coordinator")

    def open(self, at: datetime = MONDAY, **given):
        people = [(self.applicant.id, "applicant"), *((helper.id, "helper") for helper in self.helpers)]
        return open_case(
            ERRAND, actor=self.asking, at=at, organisation_id=self.centre.id, team_organisation_id=self.centre.id,
            participants=people, **given,
        )  # fmt: skip


@pytest.fixture
def world(db) -> World:
    return World(make_organisation(is_centre=True), make_account(), [make_account(), make_account()], make_account())
