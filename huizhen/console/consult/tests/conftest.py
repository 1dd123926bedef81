import pytest
import time_machine

from huizhen.consult.joint.tests.builders import MONDAY, make_cast


@pytest.fixture(scope="session", autouse=True)
def _signing(signing):
    """Some of these stories end in signatures."""


@pytest.fixture
def cast(db):
    """Everybody a consultation needs, on a Monday morning that moves only when the story says so."""
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield make_cast(travel)


@pytest.fixture
def as_(client):
    """A browser in which this account is logged in."""

    def log_in(account):
        client.force_login(account)
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return log_in
