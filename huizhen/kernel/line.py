"""The line to the database: statements that are asked at every request, bound on the server and planned once per
connection, and sent together where nobody waits for their rows.

Django's cursor pastes values into the text of each statement, psycopg's makes a dozen objects for each; for the few
statements that count, going to libpq (`psycopg.pq`, which is public) costs a half of that. Everything here is in the
transaction that Django has open, and follows in the order it was asked.
"""

import select
import threading
from asyncio import _get_running_loop
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary, ref

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq import TransactionStatus as Status

Row = tuple[Any, ...]
Values = Sequence[Any]

# More kinds of statements than this are planned at each use: something is building them as it goes.
MOST_PREPARED = 300
# How Django's statements about savepoints begin; each has a name that is used once.
BEGINS, ENDS, GIVES_UP = "SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO SAVEPOINT "
ALOUD = {ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE}


class Asked:
    """A statement with its values and, once it is answered, its rows."""

    __slots__ = ("rows", "statement", "values")

    def __init__(self, statement: str, values: Values) -> None:
        self.statement, self.values = statement, values
        self.rows: list[Row] | None = None


class Line:
    """One connection: what is prepared on it, and what waits to be sent."""

    def __init__(self, held: psycopg.Connection[Any]) -> None:
        # Weakly, or a forgotten connection would live for ever, held by what is known of it.
        self._held = ref(held)
        # One for all statements: it remembers how each type is written and read. Of the connection's adapters, for
        # the connection itself it would hold.
        self.translator = Transformer(held.adapters)
        self.names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self.numbers = count()
        self.together = False
        self.queues = False
        self.queued: list[Asked] = []
        self.ahead: dict[tuple[str, Values], Asked] = {}
        self.fresh: list[tuple[str, tuple[int, ...]]] = []
        self.readable, self.writable = select.poll(), select.poll()
        self.readable.register(held.pgconn.socket, select.POLLIN)
        self.writable.register(held.pgconn.socket, select.POLLIN | select.POLLOUT)

    @property
    def held(self) -> psycopg.Connection[Any]:
        """The connection, which whoever uses the line holds."""
        held = self._held()
        if held is None:
            raise psycopg.InterfaceError("the connection is gone")
        return held

    def is_of(self, held: psycopg.Connection[Any]) -> bool:
        """Whether it is this connection's."""
        return self._held() is held

    def run(self, statement: str, values: Values) -> list[Row]:
        """Send what is queued and this, in one trip, and wait for its rows."""
        pgconn = self.held.pgconn
        if not self.queued and not self.ahead and (self.held.autocommit or pgconn.transaction_status != Status.IDLE):
            return self.run_alone(pgconn, statement, values)
        asked = self.ahead.pop((statement, tuple(values)), None) if self.ahead else None
        if asked is None:
            asked = Asked(statement, values)
            self.queued.append(asked)
        if asked.rows is None:
            self.flush()
        return asked.rows or []

    def run_alone(self, pgconn: Any, statement: str, values: Values) -> list[Row]:
        """One statement in one call of libpq: the lock of the threads is given back once, in a batch eight times."""
        given, types, formats = self._dumped(values)
        name = self._name(statement, types)
        if name and (statement, types) not in self.names:
            _check(pgconn.prepare(name, _numbered(statement), types), pgconn)
            self.names[statement, types] = name
        if name:
            result = pgconn.exec_prepared(name, given, formats, Format.BINARY)
        else:
            result = pgconn.exec_params(_numbered(statement), given, types, formats, Format.BINARY)
        return self._rows(_check(result, pgconn))

    def flush(self) -> None:
        """Send what is queued, and wait until all is done."""
        batch, self.queued = self.queued, []
        try:
            if batch:
                self._receive(self.send_all(batch))
        except BaseException:
            self.ahead.clear()
            raise

    def send_all(self, batch: list[Asked]) -> list[Asked | None]:
        """Send a batch; returns what each answer will belong to, None where nobody waits for it."""
        pgconn = self.held.pgconn
        places: list[Asked | None] = []
        # All values first: one that cannot be written must not leave half a batch behind.
        made = [(asked, *self._dumped(asked.values)) for asked in batch]
        self.fresh = []
        with self._closed_on_trouble():
            pgconn.enter_pipeline_mode()
            if not self.held.autocommit and pgconn.transaction_status == Status.IDLE:
                pgconn.send_query_params(b"BEGIN", [])
                places.append(None)
            for asked, given, types, formats in made:
                name = self._prepared(asked.statement, types, places)
                pgconn.send_query_prepared(name, given, formats, Format.BINARY)
                places.append(asked)
            pgconn.pipeline_sync()
            while pgconn.flush():
                self.writable.poll()
                pgconn.consume_input()
        return places

    def _dumped(self, values: Values) -> tuple[Any, tuple[int, ...], Any]:
        given = self.translator.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return given, tuple(self.translator.types or ()), self.translator.formats

    def _prepared(self, statement: str, types: tuple[int, ...], places: list[Asked | None]) -> bytes:
        name = self._name(statement, types)
        if not name or (statement, types) not in self.names:
            self.held.pgconn.send_prepare(name, _numbered(statement), types)
            places.append(None)
            if name:
                self.names[statement, types] = name
                self.fresh.append((statement, types))
        return name

    def _name(self, statement: str, types: tuple[int, ...]) -> bytes:
        """What a statement is called where it is prepared, or will be; empty where it is not worth it."""
        name = self.names.get((statement, types))
        if name is not None:
            return name
        known = len(self.names) < MOST_PREPARED and not statement.startswith((BEGINS, ENDS))
        return f"line_{next(self.numbers)}".encode() if known else b""

    def _receive(self, places: list[Asked | None]) -> None:
        """Give each statement its rows; raises the first error of any."""
        with self._closed_on_trouble():
            results = list(self._results())
            self.held.pgconn.exit_pipeline_mode()
        wrong = next((result for result in results if result.status in ALOUD), None)
        if wrong is not None:
            for key in self.fresh:
                self.names.pop(key, None)
            raise error_from_result(wrong)
        for asked, result in zip(places, results, strict=True):
            if asked is not None:
                asked.rows = self._rows(result)

    def _rows(self, result: Any) -> list[Row]:
        if not result.nfields:
            return []
        self.translator.set_pgresult(result)
        return list(self.translator.load_rows(0, result.ntuples, tuple))

    def _results(self) -> Iterator[Any]:
        pgconn = self.held.pgconn
        while True:
            while pgconn.is_busy():
                self.readable.poll()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None and pgconn.status != ConnStatus.OK:
                raise psycopg.OperationalError("the database has closed the connection")
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                return
            if result is not None:
                yield result

    @contextmanager
    def _closed_on_trouble(self) -> Iterator[None]:
        """A conversation broken off in the middle cannot be taken up again."""
        try:
            yield
        except BaseException:
            self.held.close()
            raise


class Here(threading.local):
    """What the calling thread used last; looking it up is a good part of asking."""

    own: Any = None
    line: Line | None = None


_lines: WeakKeyDictionary[psycopg.Connection[Any], Line] = WeakKeyDictionary()
_here = Here()


def database() -> Any:
    """Django's handle of the calling thread's connection; it stays the same when the connection is opened anew."""
    if _get_running_loop() is not None:  # there each context has a handle of its own
        return connections[DEFAULT_DB_ALIAS]
    if _here.own is None:
        _here.own = connections[DEFAULT_DB_ALIAS]
    return _here.own


def ask(statement: str, values: Values) -> list[Row]:
    """Run one statement with `%s` places and return its rows, none for a statement without any.

    In the caller's transaction where there is one. Raises Django's database errors.
    """
    own = database()
    if not own.health_check_done:
        own.close_if_health_check_failed()
    return _ask(own, statement, values)


def ask_first(statement: str, values: Values) -> list[Row]:
    """As `ask`, for the first statement of a request, outside any transaction.

    A connection that the database has dropped meanwhile is opened anew, once. That this one was answered proves the
    connection, so Django need not spend a statement of its own on asking whether it lives.
    """
    own = database()
    try:
        rows = _ask(own, statement, values)
    except (OperationalError, InterfaceError):
        if own.in_atomic_block or (own.connection is not None and own.is_usable()):
            raise
        own.close()
        rows = _ask(own, statement, values)
    own.health_check_done = True  # type: ignore[attr-defined]  # Django's own, not in its stubs
    return rows


def put(statement: str, values: Values) -> None:
    """As `ask`, for a statement whose rows nobody wants: inside `together` in a transaction nobody waits for it."""
    own = database()
    if not own.health_check_done:
        own.close_if_health_check_failed()
    line = _line(own)
    with own.wrap_database_errors:
        if line.together and line.queues:
            line.queued.append(Asked(statement, values))
        else:
            line.run(statement, values)


def ahead(statement: str, values: Values) -> None:
    """Say what will be asked soon, with just these words and values, so that the answer comes with the next trip.

    Inside `together` in a transaction; anywhere else nothing happens, and `ask` asks. What is written in between is
    not seen, so it is for rows that the transaction itself does not change.
    """
    own = database()
    line = _line(own)
    if line.together and line.queues:
        asked = line.ahead[statement, tuple(values)] = Asked(statement, values)
        line.queued.append(asked)


@contextmanager
def together() -> Iterator[None]:
    """Let what is `put` meanwhile in a transaction travel together; at the end it is done, or its error is raised.

    It is sent with the next question, or at the end, in one trip. The order is kept: Django's own statements wait for
    it too. Outside a transaction nothing changes, and none begins inside.
    """
    own = database()
    line = _line(own)
    if line.together:
        yield
        return
    line.together, line.queues = True, own.in_atomic_block
    try:
        with own.execute_wrapper(_after(line, own)):
            yield
        with own.wrap_database_errors:
            line.flush()
    finally:
        # After an error the caller's transaction is rolled back, and what was queued with it.
        line.together, line.queues, line.queued = False, False, []
        line.ahead.clear()


def _after(line: Line, own: Any) -> Callable[..., Any]:
    """Around Django's own statements: what is queued goes first. Savepoints travel with the rest; one that is given up
    takes what was queued since with it, its errors too."""

    def execute(run: Callable[..., Any], sql: str, *given: Any) -> Any:
        with own.wrap_database_errors:
            if line.queues and sql.startswith(BEGINS):
                return line.queued.append(Asked(sql, ()))
            if line.queues and sql.startswith(ENDS):
                return line.run(sql, ())
            with suppress(psycopg.Error) if sql.startswith(GIVES_UP) else nullcontext():
                line.flush()
            if sql.startswith(GIVES_UP):
                line.ahead.clear()
        return run(sql, *given)

    return execute


def _ask(own: Any, statement: str, values: Values) -> list[Row]:
    line = _line(own)
    with own.wrap_database_errors:
        return line.run(statement, values)


def _line(own: Any) -> Line:
    if own.connection is None:
        own.ensure_connection()
    own.validate_no_broken_transaction()
    held, line = own.connection, _here.line
    if line is None or not line.is_of(held):
        line = _lines.get(held)
        if line is None:
            line = _lines[held] = Line(held)
        _here.line = line
    return line


def _check(result: Any, pgconn: Any) -> Any:
    if pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError("the database has closed the connection")
    if result.status in ALOUD:
        raise error_from_result(result)
    return result


@lru_cache(maxsize=1024)
def _numbered(statement: str) -> bytes:
    """`%s` as libpq has it: `$1`, `$2` …"""
    first, *rest = statement.split("%s")
    return (first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))).encode()
