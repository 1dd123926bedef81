"""`huizhen demo load` and `huizhen demo reset`."""

import shutil

from django.conf import settings
from django.db import connection

from huizhen.config import embedded, prepare
from huizhen.config.demo import house, loading
from huizhen.config.supervisor.checks import only_one
from huizhen.config.trouble import Trouble


def load() -> None:
    """Load the demonstration where it is not loaded yet."""
    with prepare.database_at_hand():
        prepare.prepare()


def reset() -> None:
    """Throw the demonstration's database and files away and load them anew. Stop `make run` first."""
    if not settings.DEMO or not settings.USES_EMBEDDED:
        raise Trouble(
            "Only the demonstration in the embedded database can be reset; nothing was changed.",
            "Unset DATABASE_URL and set HUIZHEN_DEMO=yes if this is what you want to throw away.",
        )
    with only_one(settings.VAR), prepare.database_at_hand():
        house.refuse_others()
        connection.close()
        embedded.query(settings.EMBEDDED, f'drop database if exists "{embedded.DATABASE}" with (force)')
        embedded.create_database(settings.EMBEDDED)
        for folder in (settings.FILES_ROOT, settings.AUDIT_ROOT):
            shutil.rmtree(folder, ignore_errors=True)
        loading.forget()
        prepare.prepare()
