"""The look-up process's entry point: `huizhen.live.lookup` on the databases of the settings. Django is not set up."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")
os.environ.setdefault("HUIZHEN_PROCESS", "lookup")

from django.conf import settings
from prometheus_client import REGISTRY

from huizhen.config import logs
from huizhen.live.lookup import Lookup, LookupFigures, Source, Sources

LANES = 2

logs.configure(settings.LOGGING)
application = Lookup(
    Sources(
        Source({"dsn": settings.DATABASE_URL}, LANES),
        [Source({"dsn": address}, LANES) for address in settings.LOOKUP_REPLICAS],
    ),
    lanes=LANES * max(1, len(settings.LOOKUP_REPLICAS)),
    citizens=settings.LOOKUP_CITIZENS,
    staff=settings.LOOKUP_STAFF,
    origin=settings.PUBLIC_URL,
)
REGISTRY.register(LookupFigures(application))
# What is loaded by now stays: the collector need not walk through it, nor come by after every hundred questions. The
# slowest answers of a hundred come in half the time.
gc.freeze()
gc.set_threshold(10_000, 20, 50)
