"""Whose house a database is: nobody's yet, the demonstration's own, or one that the demonstration keeps out of.

The mark lies in the database itself, as the comment on the table of accounts: it is there before any of its tables is
brought up to date, a dump carries it along, and a folder that was lost or belongs to another database says nothing.
"""

from typing import Any

from django.db import connection

from huizhen.config.trouble import Trouble
from huizhen.people.demo.loading import PLACES, STAFF

MARK = "the demonstration of Huizhen"
HAS_TABLES = "SELECT to_regclass('people_account') IS NOT NULL"
READ_MARK = "SELECT obj_description('people_account'::regclass, 'pg_class')"
WRITE_MARK = f"COMMENT ON TABLE people_account IS '{MARK}'"
INHABITED = "SELECT EXISTS (SELECT FROM people_account) OR EXISTS (SELECT FROM people_organisation)"
ROOTS = "SELECT coalesce(array_agg(code ORDER BY code), '{}') FROM people_organisation WHERE parent_id IS NULL"
FIRST_AT_HOME = (
    "SELECT NOT EXISTS (SELECT FROM people_account) OR EXISTS (SELECT FROM people_account "
    "JOIN people_organisation home ON home.id = home_id WHERE username = %s AND home.code = %s)"
)


def refuse_others() -> None:
    """Make sure that the demonstration may live in this database: it is its own, or empty. Nothing is changed.

    Raises:
        Trouble: a house is in it that is not the demonstration's.
    """
    if not _ask(HAS_TABLES) or _ask(READ_MARK) == MARK or not _ask(INHABITED) or _is_an_earlier_demonstration():
        return
    raise Trouble(
        "This database holds a house of its own, and the demonstration never starts in one; nothing was changed.",
        "Set HUIZHEN_DEMO=no to start that house, or DATABASE_URL to another database for the demonstration.",
    )


def mark() -> None:
    """Write into the database that it is the demonstration's."""
    if _ask(READ_MARK) != MARK:
        with connection.cursor() as cursor:
            cursor.execute(WRITE_MARK)


def _is_an_earlier_demonstration() -> bool:
    """Before there was a mark: one tree, the demonstration's, and its first doctor at home where she was put."""
    top, (first, (_name, place, _roles)) = next(iter(PLACES)), next(iter(STAFF.items()))
    return _ask(ROOTS) == [top] and bool(_ask(FIRST_AT_HOME, [first, place]))


def _ask(question: str, values: list[str] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]
