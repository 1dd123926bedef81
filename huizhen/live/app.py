"""The live process: everything that stays connected. It holds no truth, only wakes; see design.md, idea 5."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from huizhen.live import sockets


def make_app(routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The ASGI application: its own routes and those handed in (health and metrics)."""
    return Starlette(routes=[*sockets.routes, *routes], lifespan=sockets.hearing)
