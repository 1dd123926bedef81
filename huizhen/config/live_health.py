"""`/healthz`, `/readyz` and `/metrics` of the live process, which runs without Django's tables."""

import asyncpg
from django.conf import settings
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from huizhen.config import health, metrics
from huizhen.kernel import clock

PATIENCE_SECONDS = 3


async def healthz(request: Request) -> Response:
    """Alive: this process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """Ready: the database answers, jobs are worked off, the clocks agree, the disk has room."""
    findings = health.judge(await probe(), needed=frozenset(), at=clock.now(), folder=settings.VAR)
    status, shown = health.answer(findings)
    return JSONResponse(shown, status_code=status)


async def figures(request: Request) -> Response:
    """Prometheus's text."""
    return Response(metrics.render(), media_type=metrics.TYPE)


async def probe() -> health.Probed | None:
    """Ask the database how it is; nothing where it does not answer."""
    try:
        connection = await asyncpg.connect(settings.DATABASE_URL, timeout=PATIENCE_SECONDS)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    try:
        row = await connection.fetchrow(health.PROBE, timeout=PATIENCE_SECONDS)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    finally:
        await connection.close(timeout=PATIENCE_SECONDS)
    return health.Probed(row[0], row[1], frozenset(row[2] or ()))


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", figures)]
