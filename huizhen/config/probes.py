"""`/healthz`, `/readyz` and `/metrics` of the web process."""

from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from huizhen.config import health, metrics
from huizhen.kernel import audit, clock


@cache
def needed_migrations() -> frozenset[str]:
    """The newest migration of each app on disk, as `app.name`."""
    leaves = MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes()
    return frozenset(f"{app}.{name}" for app, name in leaves)


def ask(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """Run one read and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def probe() -> health.Probed | None:
    """Ask the database how it is; nothing where it does not answer or has no tables yet."""
    try:
        ((now, heartbeat, migrations),) = ask(health.PROBE)
    except DatabaseError:
        connection.close()
        return None
    return health.Probed(now, heartbeat, frozenset(migrations or ()))


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Touches nothing else, so a sick database restarts no web process."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: 200 when everything a request needs is there, else 503 and what is not."""
    probed = probe()
    findings = health.judge(probed, needed=needed_migrations(), at=clock.now(), folder=settings.VAR)
    if probed is not None:
        findings.append(health.reads((one.size, one.seconds) for one in audit.list_waiting() if one.known))
    status, shown = health.answer(findings)
    return JsonResponse(shown, status=status)


def figures(request: HttpRequest) -> HttpResponse:
    """Prometheus's text. The front server keeps it from the outside (deploy/Caddyfile)."""
    return HttpResponse(metrics.render(), content_type=metrics.TYPE)


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", figures, name="metrics"),
]
