"""Test set-up shared by the whole house: the demonstration's secrets, and a database that runs."""

import os

os.environ.setdefault("HUIZHEN_DEMO", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

import django
import hypothesis
import pytest
from django.conf import settings
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from huizhen.config.messages import catalogues

catalogues.compile_all()
# Here, and not by pytest-django's option, because that would read the settings before the lines above.
django.setup()

from huizhen.config import embedded
from huizhen.kernel.calendar import holidays
from tests.offline import forbid_network

# A loaded machine is slow and still right: no test fails for the time it took.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure(config):
    """Close the network, and start the embedded PostgreSQL unless `DATABASE_URL` points elsewhere.

    The database is left running for the next run.
    """
    forbid_network()
    if "DATABASE_URL" not in os.environ:
        embedded.start(settings.EMBEDDED)


@pytest.fixture(autouse=True)
def fresh_calendar():
    """Each test reads the days table anew: the one before may have been rolled back."""
    holidays.forget()


@receiver(connection_created)
def may_empty_tables(connection, **_):
    """Tests of several connections empty all tables afterwards, which append-only ones refuse everywhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET huizhen.truncate = 'allowed'")
