"""What must be true of the database before the processes start: its version, its tables, the demonstration's data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from huizhen.config import embedded
from huizhen.config.demo import house, loading
from huizhen.config.trouble import Trouble
from huizhen.kernel import clock

OLDEST = 15
MIGRATED_SO_FAR = (
    "Each step is done whole or not at all, and those before this one are kept: put it right and start again. "
    "`huizhen manage showmigrations` lists them."
)
LOADED_SO_FAR = "What was loaded is kept: put it right and start again to go on."


def migrate() -> None:
    """Bring the tables up to date; refuses a database that is too old, newer than this program, or not the mode's."""
    with database_at_hand():
        check_database()
        with told_plainly("The tables could not be brought up to date", MIGRATED_SO_FAR):
            if settings.DEMO:
                house.refuse_others()
            if pending():
                call_command("migrate", interactive=False, verbosity=1)


def prepare() -> None:
    """Migrate, then load the demonstration into its own or an empty house; on a second start this changes nothing."""
    os.environ.setdefault("HUIZHEN_PROCESS", "prepare")
    with database_at_hand():
        migrate()
        if settings.DEMO:
            with told_plainly("The demonstration could not be loaded", LOADED_SO_FAR):
                loading.load_once(clock.now(), people=settings.DEMO_LOAD)


@contextmanager
def told_plainly(what: str, todo: str) -> Iterator[None]:
    """What the database refuses is told in its own words: a right that is missing, a disk that is full.

    Raises:
        Trouble: the database refused something.
    """
    try:
        yield
    except DatabaseError as error:
        raise Trouble(f"{what}; the database says: {words_of(error)}.", todo) from error


def words_of(error: DatabaseError) -> str:
    """The database's own words in one line, without the password."""
    text = " ".join(str(error).split()).rstrip(".")
    password = connection.settings_dict["PASSWORD"]
    return text.replace(password, "…") if password else text


@contextmanager
def database_at_hand() -> Iterator[None]:
    """For a single command: the embedded server runs meanwhile, and afterwards only if it ran before.

    Raises:
        Trouble: the database cannot be reached.
    """
    borrowed = settings.USES_EMBEDDED and not embedded.is_running(settings.EMBEDDED)
    if borrowed:
        embedded.start(settings.EMBEDDED)
    try:
        yield
    finally:
        if borrowed:
            connection.close()
            embedded.stop(settings.EMBEDDED)


def check_database() -> None:
    """Make sure that the database answers, is PostgreSQL 15 or newer, and was not migrated by a newer program.

    Raises:
        Trouble: one of the three is not so.
    """
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise Trouble(
            f"The database does not answer ({words_of(error)}).", "Look at DATABASE_URL and at the server."
        ) from error
    found = connection.get_database_version()[0]
    if found < OLDEST:
        raise Trouble(f"The database is PostgreSQL {found}; nothing was changed.", "Huizhen needs 15 or newer.")
    with told_plainly("The database does not let this user see what is in it", "Give it the rights of the owner."):
        unknown = newer_migrations()
    if unknown:
        raise Trouble(
            f"The database was migrated by a newer Huizhen (it knows {', '.join(unknown[:3])}); nothing was changed.",
            "Start that version, or restore a backup from before it.",
        )


def newer_migrations() -> list[str]:
    """Migrations of our own apps that the database has and this program does not know."""
    loader = MigrationExecutor(connection).loader
    done = MigrationRecorder(connection).applied_migrations()
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    known = set(loader.disk_migrations) | replaced
    return sorted(f"{app}.{name}" for app, name in done if (app, name) not in known and app in settings.OWN_APPS)


def pending() -> bool:
    """Whether there is anything to migrate."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
