"""The page of a case with 200 timeline entries, 100 messages, 30 documents and 8 series, for all who take part."""

import statistics
import time
from typing import Any

import time_machine
from django.conf import settings
from django.test import Client

from bench.counting import Statements
from bench.figures import Figures
from huizhen.console import assets
from huizhen.consult.joint.report.chosen import get_demonstration_ca
from huizhen.consult.joint.tests import builders, large
from huizhen.kernel import clock

TIMES = 15


def measure(figures: Figures, *, times: int = TIMES) -> None:
    """Open the page as each of them, in this process: statements, time, work, size; and its script."""
    at = clock.now()
    get_demonstration_ca().make(at=at)
    with time_machine.travel(at, tick=True) as travel:
        cast = builders.make_cast(travel)
        application = large.delivered(cast)
        where = f"/consult/joint/{application.case_id}/"
        people = (cast.applicant, cast.coordinator, cast.experts[1], cast.experts[0], cast.patient_account)
        found = [_open(account, where, times) for account in people]
    statements, waits, works, sizes = zip(*found, strict=True)
    figures.add("casepage_statements", "a large case's page: statements, of whom it takes most", max(statements), "",
                most=12)  # fmt: skip
    figures.add("casepage_ms", "… on the server", max(waits), "ms", most=120)
    figures.add("casepage_work_ms", "… this process's processor time in it", max(works), "ms")
    figures.add("casepage_html_kb", "… the page itself, not compressed", max(sizes), "KB")
    files = [settings.ROOT / "ui" / "dist" / name for name in assets.closure(("main.ts",)) if name.endswith(".js")]
    if files:
        kilobytes = sum(file.stat().st_size for file in files) / 1024
        figures.add("casepage_script_kb", "… its script before the viewer, not compressed", kilobytes, "KB", most=150)


def _open(account: Any, where: str, times: int) -> tuple[int, float, float, float]:
    """Statements, median milliseconds, median milliseconds of work, and kilobytes, for one of them."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(account)
    _get(client, where)
    with Statements() as counted:
        content = _get(client, where)
    waits, works = [], []
    for _ in range(times):
        began, worked = time.perf_counter(), time.process_time()
        _get(client, where)
        waits.append(time.perf_counter() - began)
        works.append(time.process_time() - worked)
    return len(counted.unframed), statistics.median(waits) * 1000, statistics.median(works) * 1000, len(content) / 1024


def _get(client: Client, where: str) -> bytes:
    answer = client.get(where)
    if answer.status_code != 200:
        raise RuntimeError(f"{where}: {answer.status_code}")
    return answer.content
