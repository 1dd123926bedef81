"""Statements that are asked at every request: bound on the server and planned once per connection.

Django's cursor pastes values into the text of each statement; for the few that count this costs a third of the time.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Model


def ask(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement with `%s` places and return its rows, none for a statement without any.

    In the caller's transaction where there is one. Raises Django's database errors.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection).execute(statement, values, prepare=True)
        return cursor.fetchall() if cursor.description else []


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


def insert(rows: Sequence[Model]) -> None:
    """Insert new rows of one table with one statement, as `bulk_create` does, for tables that grow at every act.

    Keys are known beforehand and no column is filled by the database. Building the statement costs `bulk_create` more
    than running it costs the database; here it is built once per table and number of rows.
    """
    if not rows:
        return
    model = type(rows[0])
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in model._meta.concrete_fields
    ]
    ask(_insertion(model, len(rows)), values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@cache
def _insertion(model: type[Model], count: int) -> str:
    columns = [f'"{field.column}"' for field in model._meta.concrete_fields]
    places = f"({', '.join(['%s'] * len(columns))})"
    # Names of our own tables and columns; what people give travels as values.
    return f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) VALUES {", ".join([places] * count)}'  # noqa: S608
