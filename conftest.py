"""Test set-up shared by the whole house: the demonstration's secrets, and a database that runs."""

import os

os.environ.setdefault("HUIZHEN_DEMO", "yes")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

from django.conf import settings
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from huizhen.config import embedded


def pytest_configure(config):
    """Start the embedded PostgreSQL unless `DATABASE_URL` points elsewhere. It is left running for the next run."""
    if "DATABASE_URL" not in os.environ:
        embedded.start(settings.EMBEDDED)


@receiver(connection_created)
def may_empty_tables(connection, **_):
    """Tests of several connections empty all tables afterwards, which append-only ones refuse everywhere else."""
    with connection.cursor() as cursor:
        cursor.execute("SET huizhen.truncate = 'allowed'")
