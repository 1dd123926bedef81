"""The live app alone: what the tests run under the real server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

from huizhen.live.app import make_app

app = make_app()
