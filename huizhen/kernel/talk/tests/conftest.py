from datetime import UTC, datetime

import pytest
from django.db import transaction

from huizhen.kernel.access import Actor
from huizhen.kernel.flow.door import open_case
from huizhen.people.tests.builders import make_account, make_organisation
from tests.example.flow import ERRAND

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class Room:
    """A case and two who talk about it."""

    @transaction.atomic
    def __init__(self):
        self.anna, self.bela = (Actor(account.id, account.name) for account in (make_account("安"), make_account("白")))
        place = make_organisation(is_centre=True).id
        people = [(self.anna.account_id, "applicant"), (self.bela.account_id, "helper")]
        self.case_id = open_case(
            ERRAND, actor=self.anna, at=MONDAY, organisation_id=place, team_organisation_id=place, participants=people
        ).id


@pytest.fixture
def room(db):
    return Room()


@pytest.fixture
def committed_room(transactional_db):
    """For threads, which see only what is committed."""
    return Room()
