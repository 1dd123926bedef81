"""The live process's entry point: the sockets of `huizhen.live` beside health and metrics."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")
os.environ.setdefault("HUIZHEN_PROCESS", "live")

from django.conf import settings

from huizhen.config import logs
from huizhen.config.live_health import ROUTES
from huizhen.live.app import make_app

logs.configure(settings.LOGGING)
application = make_app(ROUTES)
