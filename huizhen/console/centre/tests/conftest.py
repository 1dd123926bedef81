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
