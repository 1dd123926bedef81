"""Counting statements below Django, where those of `kernel.statements` count too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that reaches the database meanwhile, as text."""
    found: list[str] = []
    plain = psycopg.Cursor.execute

    def noted(cursor: Any, statement: Any, *values: Any, **options: Any) -> Any:
        found.append(str(statement))
        return plain(cursor, statement, *values, **options)

    psycopg.Cursor.execute = noted  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        psycopg.Cursor.execute = plain  # type: ignore[method-assign]  # as it was
