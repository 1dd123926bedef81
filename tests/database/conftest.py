import pytest
import time_machine
from django.db import connection, transaction
from django.db.utils import DatabaseError

from huizhen.consult.joint.tests.builders import MONDAY, make_cast


@pytest.fixture(scope="session", autouse=True)
def _signing(signing):
    """Opinions are signed."""


@pytest.fixture
def cast(db):
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield make_cast(travel)


@pytest.fixture
def refused(db):
    """`refused(sql, *values)` runs a statement past all code of ours and returns why the database says no."""

    def run(statement: str, *values: object) -> str:
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount, "the statement found no row"
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return str(refusal.value)

    return run
