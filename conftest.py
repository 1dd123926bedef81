"""Test set-up shared by the whole house: the demonstration's secrets, and a database that runs."""

import gc
import os
import shutil
from datetime import UTC, datetime

os.environ.setdefault("HUIZHEN_DEMO", "yes")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests import servers

# Known before the settings are read. An address given from outside wins.
OWN_SERVER = None if "DATABASE_URL" in os.environ else servers.chosen()
if OWN_SERVER:
    os.environ["DATABASE_URL"] = OWN_SERVER.url()

import django
import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import TransactionTestCase
from django.utils import translation

from huizhen.config.messages import catalogues

catalogues.compile_all()
# Here, and not by pytest-django's option, because that would read the settings before the lines above.
django.setup()

from huizhen.config import embedded
from huizhen.consult.joint.report import chosen
from huizhen.kernel.audit import collector, journal
from huizhen.kernel.calendar import holidays
from huizhen.people.organisations import tree
from huizhen.records.documents import ports as straightening
from huizhen.records.documents.fakes import Nothing
from huizhen.records.transcripts import ports
from huizhen.records.transcripts.fakes import Blank
from tests import emptying
from tests.offline import forbid_network

LONG = ("tests/faults/", "tests/browser/", "tests/bench/", "tests/house/test_addresses.py")
# A loaded machine is slow and still right: no test fails for the time it took.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")
TransactionTestCase._fixture_teardown = emptying.empty


def pytest_configure(config):
    """Close the network, and start the tests' PostgreSQL unless `DATABASE_URL` pointed elsewhere.

    The database is left running for the next run.
    """
    forbid_network()
    if OWN_SERVER:
        embedded.start(OWN_SERVER)
    if hasattr(config, "workerinput"):
        connection.settings_dict["TEST"]["TEMPLATE"] = servers.PATTERN
    elif config.getoption("numprocesses", None) and not config.getoption("collectonly"):
        make_pattern()


def make_pattern():
    """Migrate into the database that the workers' are copied from."""
    own, test = connection.settings_dict, connection.settings_dict["TEST"]
    name, test["NAME"] = own["NAME"], servers.PATTERN
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {servers.PATTERN}")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    # A database that anybody is connected to cannot be copied.
    connection.close()
    own["NAME"] = settings.DATABASES["default"]["NAME"] = name
    test["NAME"] = None


def pytest_collection_modifyitems(config, items):
    """Begin with the few that take minutes: begun last, one of them keeps one processor busy and the other idle.

    On another PostgreSQL only what asks a database is asked again.
    """
    if "TEST_POSTGRES" in os.environ:
        config.hook.pytest_deselected(items=[item for item in items if not asks_database(item)])
        items[:] = filter(asks_database, items)
    items.sort(key=lambda item: not any(item.nodeid.startswith(name) for name in LONG))


def asks_database(item):
    """Whether a test has one, by its mark or by a fixture of its fixtures."""
    return item.get_closest_marker("django_db") is not None or "db" in item.fixturenames


def pytest_collection_finish():
    """As in the web process: what is loaded by now stays, and the collector need not walk through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The catalogue as migrating leaves it, before any test."""
    with django_db_blocker.unblock():
        emptying.size_of_catalogue()


@pytest.fixture(autouse=True)
def blank_reader():
    """No test starts the programs that read pictures and set them straight unless it asks for it: they take seconds."""
    ports.set_reader(Blank())
    straightening.set_straightener(Nothing())


@pytest.fixture(autouse=True)
def first_language():
    """A page that was asked for in another language leaves it behind in its thread."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def fresh_calendar():
    """Each test reads the days table anew: the one before may have been rolled back."""
    holidays.forget()


@receiver(connection_created)
def may_empty_tables(connection, **_):
    """Tests of several connections empty all tables afterwards, which append-only ones refuse everywhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET huizhen.truncate = 'allowed'")


@pytest.fixture
def own_jobs(db):
    """No job of another test, and none for the next: their tables are not Django's, so it does not empty them."""
    drop_jobs()
    yield
    drop_jobs()


def drop_jobs():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture(scope="session")
def signing():
    """The tests' own demonstration CA, made long before any story begins, so that stories may be set in any year."""
    authority = chosen.get_demonstration_ca()
    authority.make(at=datetime(2026, 1, 1, tzinfo=UTC))
    return authority


@pytest.fixture(autouse=True)
def fresh_journal():
    """No thread gathers behind a test's back, and none finds the reads of the one before."""
    collector.begin_anew()
    journal.own.tell = lambda: None
    yield
    journal.own.begin_anew(lambda: None)
    shutil.rmtree(journal.folder(), ignore_errors=True)


@pytest.fixture(autouse=True)
def fresh_tree():
    """Likewise the tree of organisations."""
    tree.forget()
