"""The short way to the database: what travels together keeps its order, its transaction and its errors."""

import asyncio
import gc
import resource
from contextlib import contextmanager
from weakref import ref

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction

from bench.counting import Statements
from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import audit, clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import CaseNumber
from huizhen.kernel.line import ahead, ask, ask_first, database, put, together

NUMBER = "INSERT INTO kernel_casenumber (id) VALUES (%s)"
ALL = "SELECT id FROM kernel_casenumber ORDER BY id"


def numbers():
    return list(CaseNumber.objects.order_by("id").values_list("id", flat=True))


def test_what_is_put_is_there_for_whoever_asks_next(db):
    with transaction.atomic(), together():
        put(NUMBER, [1])
        assert ask(ALL, []) == [(1,)]
        put(NUMBER, [2])
        assert numbers() == [1, 2], "Django's own statements come after"
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            put(NUMBER, [3])
            raise ZeroDivisionError
        put(NUMBER, [4])
    assert numbers() == [1, 2, 4]


def test_an_error_of_what_was_put_undoes_the_transaction(db):
    with pytest.raises(IntegrityError), transaction.atomic(), together():
        put(NUMBER, [1])
        put(NUMBER, [1])
        put(NUMBER, [2])
    with pytest.raises(DatabaseError), transaction.atomic(), together():
        put(NUMBER, [5])
        put("SELECT %s", ["nul \0 inside"])
    assert numbers() == []
    assert ask("SELECT %s::int + 1", [1]) == [(2,)], "the line is whole"


def test_outside_a_transaction_each_counts_and_is_done_at_the_end(transactional_db):
    with together():
        put(NUMBER, [1])
        assert numbers() == [1]
        put(NUMBER, [2])
    with pytest.raises(ZeroDivisionError), together():
        put(NUMBER, [3])
        raise ZeroDivisionError
    with pytest.raises(IntegrityError), together():
        put(NUMBER, [3])
    assert numbers() == [1, 2, 3]


def end_connection():
    """As when the database's process dies."""
    pid = connection.connection.info.backend_pid
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()


def test_a_dropped_connection_is_told_and_replaced(transactional_db):
    ask("SELECT 1", [])
    end_connection()
    with pytest.raises(OperationalError):
        ask("SELECT 1", [])
    connection.close()
    ask("SELECT 1", [])
    end_connection()
    assert ask_first("SELECT 2", []) == [(2,)]


def test_a_forgotten_connection_is_forgotten_here_too(transactional_db):
    ask("SELECT 1", [])
    held = ref(connection.connection)
    connection.close()
    gc.collect()
    assert held() is None


@pytest.fixture
def reader(transactional_db, own_jobs, cast, settings):
    settings.SECOND_FACTOR = "optional"
    case = make.submitted(cast).case_id
    return Caller(token_for(cast.coordinator)), f"/consult/joint/{case}", case


def test_an_answered_read_has_its_entry_and_the_chain_holds(reader):
    caller, path, case = reader
    assert caller.get(path).status_code == 200
    with Statements() as statements:
        assert caller.get(path).status_code == 200
    assert len(statements) == 2
    audit.gather()
    assert AuditEntry.objects.filter(action="consult.joint.read", case_id=case).count() == 2
    audit.seal(clock.now())
    assert list(audit.verify()) == []


def test_a_read_whose_entry_cannot_be_written_is_not_answered(reader):
    caller, path, _case = reader
    with no_room_for_files():
        answer = caller.get(path)
    assert answer.status_code == 500
    assert "question" not in answer.json()
    assert caller.get(path).status_code == 200


@contextmanager
def no_room_for_files():
    """This process may make no file longer, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestAhead:
    """What is said to be asked comes with the next trip, and never from another transaction."""

    def test_it_costs_no_trip_of_its_own(self, db):
        with transaction.atomic(), together():
            ask("SELECT 0", [])
            with Statements() as found:
                ahead("SELECT %s::int", [1])
                ahead("SELECT %s::int", [2])
                put(NUMBER, [7])
                assert ask("SELECT %s::int + 5", [3]) == [(8,)]
                assert ask("SELECT %s::int", [2]) == [(2,)]
                assert ask("SELECT %s::int", [1]) == [(1,)]
            assert found.trips == 1
            assert ask("SELECT %s::int", [1]) == [(1,)], "asked again, it is asked anew"
        assert numbers() == [7]

    def test_outside_nothing_is_remembered(self, db):
        ahead(ALL, [])
        put(NUMBER, [1])
        assert ask(ALL, []) == [(1,)]
        with transaction.atomic():
            with together():
                ahead(ALL, [])
            put(NUMBER, [2])
            assert ask(ALL, []) == [(1,), (2,)], "the block is over"

    def test_after_an_error_it_is_asked_anew(self, db):
        with transaction.atomic(), together():
            put(NUMBER, [1])
            with pytest.raises(IntegrityError), transaction.atomic():
                ahead(ALL, [])
                put(NUMBER, [1])
                ask("SELECT 1", [])
            assert ask(ALL, []) == [(1,)]
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                put(NUMBER, [2])
                ahead(ALL, [])
                raise ZeroDivisionError
            assert ask(ALL, []) == [(1,)], "what was seen inside is not seen after"


def test_under_a_loop_the_line_is_that_of_its_context(db, monkeypatch):
    """A thread that drives a loop in between, as a browser's driver does, keeps its own connection for itself."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

    async def inside() -> bool:
        return database() is connections["default"]

    assert asyncio.run(inside())
    assert database() is connections["default"]
