"""Emptying tables after a test that commits: only those it filled.

Django empties every table, then makes all permissions and the catalogue of specialties anew: half a second for each of
such tests, of which there are more than a hundred. Here only what was filled is emptied, and what migrating put into the
database stays, unless a test changed it.
"""

from functools import cache

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg.sql import SQL, Identifier

PUT_THERE_BY_MIGRATING = {"django_content_type", "auth_permission", "people_specialty", "people_specialtyevent"}
HAS_ROWS, EMPTIED = SQL("SELECT {} WHERE EXISTS (SELECT FROM {})"), SQL("DELETE FROM {};")
# Counts its versions: whoever changes the catalogue writes into it.
CATALOGUE = "SELECT count(*) FROM people_specialtyevent"

empty_everything = TransactionTestCase._fixture_teardown


@cache
def list_tables() -> list[str]:
    """Django's tables, in no order: nothing is looked at while they are emptied."""
    return [
        name
        for name in connection.introspection.django_table_names(only_existing=True, include_views=False)
        if name not in PUT_THERE_BY_MIGRATING
    ]


@cache
def size_of_catalogue() -> int:
    """How long the history of the catalogue was before the first test that commits."""
    return count_catalogue()


def count_catalogue() -> int:
    """How long it is now."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE)
        return int(cursor.fetchone()[0])


def empty(case: TransactionTestCase) -> None:
    """What Django calls after each test that commits."""
    if count_catalogue() != size_of_catalogue():
        empty_everything(case)
        return
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(SQL(" UNION ALL ").join(HAS_ROWS.format(name, Identifier(name)) for name in list_tables()))
        filled = [name for (name,) in cursor.fetchall()]
        # Append-only tables refuse this everywhere else, and so do keys of rows that are emptied later.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(SQL("").join(EMPTIED.format(Identifier(name)) for name in filled))
