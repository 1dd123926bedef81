"""The walk of one consultation over HTTP: people with tokens, and a client that checks each answer with its schema."""

import pytest
import time_machine
from django.core.cache import cache

from bench.counting import Statements
from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint.tests.builders import MONDAY, make_cast


@pytest.fixture(scope="session", autouse=True)
def _signing(signing):
    """Some stories end in signatures."""


@pytest.fixture(autouse=True)
def _fresh(db, settings, tmp_path):
    """Rate limits of one test are no business of the next; files go where nobody looks."""
    settings.FILES_ROOT = tmp_path
    settings.SECOND_FACTOR = "optional"
    cache.clear()


@pytest.fixture
def cast():
    """Everybody a consultation needs, on a Monday morning that moves only when the story says so."""
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield make_cast(travel, experts=2)


@pytest.fixture
def doctor(cast):
    return Caller(token_for(cast.applicant))


@pytest.fixture
def coordinator(cast):
    return Caller(token_for(cast.coordinator))


@pytest.fixture
def stranger(cast):
    """Staff of another hospital, with a role there and none here."""
    return Caller(token_for(cast.experts[1]))


@pytest.fixture
def statements():
    return Statements()
