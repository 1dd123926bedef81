"""Statements that are asked at every request: bound on the server and planned once per connection.

Django's cursor pastes values into the text of each statement; for the few that count this costs a third of the time.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection


def ask(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement with `%s` places and return its rows, none for a statement without any.

    In the caller's transaction where there is one. Raises Django's database errors.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection).execute(statement, values, prepare=True, binary=True)
        # Not `cursor.description`, which makes an object of each column first.
        return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


def ask_first(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """As `ask`, for the first statement of a request, outside any transaction.

    A connection that the database has dropped meanwhile is opened anew, once. That this one was answered proves the
    connection, so Django need not spend a statement of its own on asking whether it lives.
    """
    try:
        rows = ask(statement, values)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or (connection.connection is not None and connection.is_usable()):
            raise
        connection.close()
        rows = ask(statement, values)
    connection.health_check_done = True
    return rows
