import pytest
import time_machine
from django.db import connection

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
def no_old_jobs(transactional_db):
    """The tables of jobs are not Django's, so emptying the database after a test leaves them full."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
