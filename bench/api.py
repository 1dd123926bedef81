"""The API over HTTP: the real web command with two workers, eight clients on the loopback, everything switched on.

The log is that of production (one JSON line a request) and goes to a file. The jobs process does not run meanwhile:
what applications defer is stored and waits.
"""

import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from bench import inside, reads
from bench.figures import Figures, percentile
from bench.ground import environment
from bench.people import get_account
from bench.processes import processor_seconds
from bench.switch import Switch
from huizhen.kernel import clock, files
from huizhen.kernel.audit.collector import EVERY_SECONDS
from huizhen.kernel.fakes.ports import free_port
from huizhen.people.accounts.queries import get_actor
from huizhen.records.patients.models import Patient

HOST = "127.0.0.1"
WORKERS, CLIENTS, TURNS = 2, 8, 3
APPLICANT = "applicant-r0h0-0"
PATIENCE_SECONDS = 60
GATHERED_WITHIN = EVERY_SECONDS + 0.5
# Smallest of its kind: the form of consent is only kept here, nobody prints it.
FORM = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def measure(
    figures: Figures, *, url: str, var: Path, database_pid: int, for_seconds: float, warm_seconds: float,
    turns: int = TURNS, workers: int = WORKERS,
) -> None:  # fmt: skip
    """Start the web process, measure the three ways of asking, stop it."""
    ways = (
        ("read", "read one case", read_requests(), 900),
        ("list", "list of 20", list_requests(), 400),
        ("create", "create an application", create_requests(), 300),
    )
    audit_share(
        figures, url=url, var=var, database_pid=database_pid, for_seconds=for_seconds / turns / 2, turns=turns * 4,
        workers=workers,
    )  # fmt: skip
    with web(url, var, workers=workers) as (port, pid):
        for key, says, ask, least in ways:
            plan = {"host": HOST, "port": port, "connections": CLIENTS, "requests": 200_000, "ask": ask}
            run_client({**plan, "seconds": warm_seconds})
            before = {"web": processor_seconds(pid), "database": processor_seconds(database_pid)}
            found = run_client({**plan, "seconds": for_seconds})
            spent = {"web": processor_seconds(pid), "database": processor_seconds(database_pid)}
            took = found["took"]
            figures.add(f"api_{key}_per_second", f"API: {says}", len(took) / found["seconds"], "/s", least=least)
            figures.add(f"api_{key}_p50_ms", "… half of them within", percentile(took, 0.5) * 1000, "ms")
            figures.add(f"api_{key}_p99_ms", "… 99 of 100 within", percentile(took, 0.99) * 1000, "ms")
            shares = {name: spent[name] - before[name] for name in spent} | {"client": found["processor_seconds"]}
            for name, took_seconds in shares.items():
                each = took_seconds / len(took) * 1000
                figures.add(f"api_{key}_{name}_cpu_ms", f"… processor time of the {name}, each", each, "ms")


def audit_share(
    figures: Figures, *, url: str, var: Path, database_pid: int, for_seconds: float, turns: int, workers: int
) -> None:
    """The work of a read, web and database, with the audit and without, by turns in the same web process: two processes
    of one program differ by more than an entry costs. Of the barest read there is, and of the page that people open. A
    list is no read of a record and leaves no entry."""
    reading = (
        ("read", "API: work of a read", read_requests()),
        ("page", "work of a case's page", page_requests()),
    )
    switch = Switch(var)
    with web(url, var, "bench.unaudited", workers=workers) as (port, pid):
        for key, says, ask in reading:
            pairs = []
            for turn in range(turns + 1):
                worked = {}
                for audited in (turn % 2 == 0, turn % 2 == 1):
                    switch.turn(on=audited)
                    worked[audited] = _work(port, [pid, database_pid], ask, for_seconds)
                pairs.append((worked[True], worked[False]))
            del pairs[0]  # in which all warmed up
            audited_work, plain_work = (statistics.median(each) for each in zip(*pairs, strict=True))
            figures.add(f"api_{key}_work_ms", f"{says}, web and database", audited_work * 1000, "ms")
            name = "audit_share_percent" if key == "read" else f"audit_{key}_share_percent"
            figures.add(name, "… audit's share of it", (audited_work - plain_work) / audited_work * 100, "%", most=10)


def _work(port: int, pids: list[int], ask: list[str], for_seconds: float) -> float:
    """Processor seconds that these processes spend for each answer, what follows the last ones included."""
    before = sum(map(processor_seconds, pids))
    plan = {"host": HOST, "port": port, "connections": CLIENTS, "requests": 200_000, "ask": ask}
    found = run_client({**plan, "seconds": for_seconds})
    time.sleep(GATHERED_WITHIN)
    return (sum(map(processor_seconds, pids)) - before) / len(found["took"])


def run_client(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry out a plan in a process of its own.

    Raises:
        RuntimeError: something was not answered with 200 or 201.
    """
    line = [sys.executable, "-m", "bench.client"]
    limit = plan["seconds"] + PATIENCE_SECONDS
    done = subprocess.run(line, input=json.dumps(plan), capture_output=True, text=True, timeout=limit, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if set(found["statuses"]) - {"200", "201"} or not found["took"]:
        raise RuntimeError(f"{plan['ask'][0].splitlines()[0]}: {found['statuses']} {found['wrong']}")
    return found


def read_requests(count: int = 2000) -> list[str]:
    """Reads of different cases."""
    token = inside.log_in(reads.READER)
    return [request("GET", f"/api/v1/consult/joint/{case_id}", token) for case_id in reads.list_cases(count)]


def page_requests(count: int = 2000) -> list[str]:
    """The pages of the same cases, as a browser asks for them."""
    session = inside.log_in(reads.READER)
    lines = (f"Host: {HOST}:8000", f"Cookie: {settings.SESSION_COOKIE_NAME}={session}", "Accept-Language: zh")
    # The cases that were made for this have no reports, so none that is delivered has a page.
    cases = reads.list_cases(count, without="delivered")
    paths = [reverse("joint-case", args=[case_id]) for case_id in cases]
    return ["\r\n".join([f"GET {path} HTTP/1.1", *lines]) + "\r\n\r\n" for path in paths]


def list_requests() -> list[str]:
    """The centre's worklist, first page."""
    return [request("GET", "/api/v1/consult/joint?scope=team&limit=20", inside.log_in(reads.READER))]


def create_requests(count: int = 500) -> list[str]:
    """Applications for different patients of one hospital, each with a fresh key when it is sent."""
    doctor = get_account(APPLICANT)
    actor, token = get_actor(doctor), inside.log_in(APPLICANT)
    form = files.store("form.pdf", FORM, actor=actor, at=clock.now(), purpose="document")
    place = actor.memberships[0].organisation_id
    patients = Patient.objects.filter(organisation_id=place).order_by("id").values_list("id", flat=True)[:count]
    return [request("POST", "/api/v1/consult/joint", token, _application(key, form.id)) for key in patients]


def _application(patient_id: UUID, form_id: UUID) -> dict[str, Any]:
    return {
        "patient_id": str(patient_id), "purpose": "diagnosis", "question": "右肺上叶结节，是否需要手术？",
        "summary": "女，68岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽。", "specialty": "03.01",
        "consent_file_id": str(form_id),
    }  # fmt: skip


def request(method: str, path: str, token: str, body: dict[str, Any] | None = None) -> str:
    """A whole request as text."""
    content = json.dumps(body) if body is not None else ""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:8000", f"X-Session-Token: {token}", "Accept-Language: zh"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "Idempotency-Key: @KEY@"]
    return "\r\n".join(lines) + "\r\n\r\n" + content


@contextmanager
def web(url: str, var: Path, module: str = "", *, workers: int = WORKERS) -> Iterator[tuple[int, int]]:
    """The web process, as production runs it, or a module that starts it otherwise: the free port it serves, and its
    process number."""
    port = free_port()
    environ = environment(
        var, DATABASE_URL=url, HUIZHEN_WEB_PORT=str(port), HUIZHEN_WEB_WORKERS=str(workers),
        HUIZHEN_SECOND_FACTOR="optional",
    )  # fmt: skip
    with (var / "web.log").open("a") as log:
        line = [sys.executable, "-m", *((module,) if module else ("huizhen.config.cli", "web"))]
        process = subprocess.Popen(line, env=environ, stdout=log, stderr=log)
        try:
            wait_until_answered(f"http://{HOST}:{port}/healthz")
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def wait_until_answered(address: str, *, within: float = PATIENCE_SECONDS) -> float:
    """Seconds until the address answers with 200.

    Raises:
        TimeoutError: it never does.
    """
    began = time.monotonic()
    while time.monotonic() - began < within:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{address} does not answer")
