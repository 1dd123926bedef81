import pytest
import time_machine

from huizhen.consult.joint.tests.builders import MONDAY, make_cast


@pytest.fixture(scope="session", autouse=True)
def _signing(signing):
    """Opinions and reports are signed."""


@pytest.fixture
def cast(transactional_db):
    """Everybody a consultation needs; what they do is committed, so that other threads see it."""
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield make_cast(travel)


@pytest.fixture(autouse=True)
def _committing(transactional_db, own_jobs):
    """What one hand does, the other sees."""
