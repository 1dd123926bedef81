"""Test set-up shared by the whole house: the demonstration's secrets, and a database that runs."""

import os

os.environ.setdefault("HUIZHEN_DEMO", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

from tests import servers

# Known before the settings are read. An address given from outside wins.
OWN_SERVER = None if "DATABASE_URL" in os.environ else servers.chosen()
if OWN_SERVER:
    os.environ["DATABASE_URL"] = OWN_SERVER.url()

import django
import hypothesis
import pytest

# Here, and not by pytest-django's option, because that would read the settings before the lines above.
django.setup()

from huizhen.config import embedded
from huizhen.kernel.calendar import holidays
from tests.offline import forbid_network

# A loaded machine is slow and still right: no test fails for the time it took.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def pytest_configure(config):
    """Close the network, and start the tests' PostgreSQL unless `DATABASE_URL` pointed elsewhere.

    The database is left running for the next run.
    """
    forbid_network()
    if OWN_SERVER:
        embedded.start(OWN_SERVER)


@pytest.fixture(autouse=True)
def fresh_calendar():
    """Each test reads the days table anew: the one before may have been rolled back."""
    holidays.forget()
