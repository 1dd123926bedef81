"""The sweep over deadlines: what it costs when nothing is due, and when five hundred are."""

import json
import statistics
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from bench.figures import Figures, median_seconds, seconds
from huizhen.kernel import clock
from huizhen.kernel.flow.models import Case, CaseDeadline
from huizhen.kernel.flow.sweep import sweep

DUE = 500
ROUNDS = 3
# What one writes who has no `sweep_at`: every clock that runs is looked at, each time.
NAIVE = """
SELECT d.id, d.case_id FROM kernel_casedeadline d JOIN kernel_case c ON c.id = d.case_id
 WHERE c.closed_at IS NULL AND d.ended_at IS NULL AND d.paused_at IS NULL AND d.breached_at IS NULL AND d.due_at <= %s
 ORDER BY d.due_at LIMIT 500
"""


def measure(figures: Figures, *, due: int = DUE) -> None:
    """Idle, busy, and busy with cases one by one."""
    at = clock.now()
    statement = (
        CaseDeadline.objects.filter(sweep_at__lte=at).order_by("sweep_at")[:500].values_list("case_id", flat=True)
    )
    sql, values = statement.query.sql_with_params()
    figures.add("sweep_idle_database_ms", "idle sweep, in the database", explain(sql, values), "ms", most=1)
    figures.add("sweep_idle_ms", "idle sweep, with Python", median_seconds(lambda: sweep(at), 50) * 1000, "ms")
    figures.add("sweep_idle_naive_ms", "… beside a scan of the running clocks", explain(NAIVE, [at]), "ms")
    whole = statistics.median(handle(due, at, limit=due) for _ in range(ROUNDS))
    figures.add("sweep_500_seconds", f"{due} due: claimed, moved, told, jobs stored", whole, "s", most=1)
    alerts = statistics.median(handle(due, at, limit=due, state="assigning") for _ in range(ROUNDS))
    figures.add("sweep_500_alerts_seconds", f"{due} due: late and told, no move", alerts, "s")
    single = handle(due // 5 or 1, at, limit=1) * 5
    figures.add("sweep_500_one_by_one_seconds", "… beside one case a transaction", single, "s")


def explain(sql: str, values: object, times: int = 21) -> float:
    """Milliseconds in the executor by EXPLAIN ANALYZE, the middle of several."""
    found = []
    with connection.cursor() as cursor:
        for _ in range(times):
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", values)
            plan = cursor.fetchone()[0]
            found.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Execution Time"])
    return statistics.median(found)


def handle(count: int, at: datetime, *, limit: int, state: str = "delivered") -> float:
    """Make so many state clocks due and sweep them away; seconds. `delivered` cases are closed by their deadline.

    Fewer where the database is smaller than that; the time is scaled up, so that a small run still says something.
    """
    chosen = _pick(count, state)
    if not chosen:
        return 0.0
    CaseDeadline.objects.filter(case_id__in=chosen, name="state", ended_at__isnull=True).update(
        sweep_at=at - timedelta(seconds=1), due_at=at - timedelta(seconds=1)
    )

    def sweep_all() -> None:
        handled = 0
        while handled < len(chosen):
            done = sweep(at, limit=limit)
            if not done:
                raise RuntimeError(f"the sweep stopped after {handled} of {len(chosen)}")
            handled += done

    return seconds(sweep_all) * count / len(chosen)


def _pick(count: int, state: str) -> list[UUID]:
    waiting = Case.objects.filter(kind="consult.joint", state=state, late_since__isnull=True, closed_at__isnull=True)
    return list(waiting.order_by("-due_at").values_list("id", flat=True)[:count])
