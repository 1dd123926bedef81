"""One read of a case, in this process: what the audit entry costs in it, and what the usual way of loading costs."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from uuid import UUID

from bench import inside
from bench.figures import Figures, seconds
from bench.people import get_account
from bench.processes import processor_seconds
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.sheets import access_sheet
from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.models import OPEN, Case
from huizhen.people.accounts.queries import get_actor

READER = "coordinator-r0-0"
ROUNDS, TURNS = 400, 7


def list_cases(count: int, *, without: str = "") -> list[UUID]:
    """Open cases that the reader may see, and that are not in this state."""
    place = get_actor(get_account(READER)).memberships[0].organisation_id
    cases = Case.objects.filter(OPEN, team_organisation_id=place, kind="consult.joint").exclude(state=without)
    return list(cases.order_by("-opened_at").values_list("id", flat=True)[:count])


def measure(figures: Figures, *, database_pid: int, rounds: int = ROUNDS) -> None:
    """Read the same cases with and without their entries, turn by turn, so that noise meets both alike."""
    token, cases = inside.log_in(READER), list_cases(rounds)
    read = {case_id: (lambda path=f"/api/v1/consult/joint/{case_id}": inside.read(path, token)) for case_id in cases}
    with_audit, without = _by_turns(list(read.values()))
    figures.add("read_inside_ms", "read one case, in the process, audit on", with_audit * 1000, "ms")
    share = (with_audit - without) / with_audit * 100
    figures.add("audit_latency_percent", "audit's share of that time", share, "%")
    with_audit, without = _work_by_turns(list(read.values()), database_pid)
    figures.add("read_work_ms", "… processor time, the database's included", with_audit * 1000, "ms")
    share = (with_audit - without) / with_audit * 100
    figures.add("audit_inside_percent", "audit's share of that work, which knows no HTTP", share, "%")
    actor = get_actor(get_account(READER))
    sheet = statistics.median(seconds(partial(_open_sheet, actor, case_id)) for case_id in cases)
    models = statistics.median(seconds(partial(_open_models, actor, case_id)) for case_id in cases)
    figures.add("read_row_ms", "load one case as one row, audit on", sheet * 1000, "ms")
    figures.add("read_models_ms", "… beside models with their relations", models * 1000, "ms")


def _by_turns(reads: list[Callable[[], Any]]) -> tuple[float, float]:
    on, off = [], []
    for read in reads[:20]:
        read()
    for number, read in enumerate(reads):
        first_on = number % 2 == 0
        for audited in (first_on, not first_on):
            if audited:
                on.append(seconds(read))
            else:
                with _no_audit():
                    off.append(seconds(read))
    return statistics.median(on), statistics.median(off)


def _work_by_turns(reads: list[Callable[[], Any]], database_pid: int) -> tuple[float, float]:
    """Processor seconds of one read in this process and the database, with and without the audit."""
    spent: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(TURNS * 2):
        audited = turn % 2 == 0
        with nullcontext() if audited else _no_audit():
            began = time.process_time() + processor_seconds(database_pid)
            for read in reads:
                read()
            audit.gather()
            spent[audited].append(time.process_time() + processor_seconds(database_pid) - began)
    return statistics.median(spent[True]) / len(reads), statistics.median(spent[False]) / len(reads)


@contextmanager
def _no_audit() -> Iterator[None]:
    """Here only: the product has no switch for this, and must not have one."""
    plain = audit.record
    audit.record = lambda *_, **__: None
    try:
        yield
    finally:
        audit.record = plain


def _open_sheet(actor: Actor, case_id: UUID) -> tuple[str, str]:
    sheet = access_sheet(actor, case_id)
    return sheet.question, sheet.summary


def _open_models(actor: Actor, case_id: UUID) -> tuple[str, str]:
    application = access_joint(actor, case_id).application
    return application.question, application.summary
