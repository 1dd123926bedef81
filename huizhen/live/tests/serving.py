"""The smallest live app: what the tests run under the real server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")

from starlette.applications import Starlette

from huizhen.live import sockets

app = Starlette(routes=sockets.routes, lifespan=sockets.hearing)
