"""From the instrument to the phone, and upstream: the real processes, twenty connections, everything committed before
it is acknowledged. First as fast as it goes, then at the promised pace while the look-up answers at half its peak."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connection

from bench import lookups, swabs
from bench.figures import Figures, percentile, seconds
from bench.ground import Ground, environment
from bench.instruments import intake
from bench.processes import processor_seconds
from bench.senders import SEATS
from huizhen.config.embedded import server_pid
from huizhen.kernel import clock
from huizhen.kernel.fakes.ports import free_port
from huizhen.lab.reporting import actions, sending
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.reporting.ports import HttpReceiver, Outcome
from huizhen.people.organisations.models import Organisation

CONNECTIONS, PACE, REPORTED, WARM = 20, 1_700, 30_000, 200
# What is sent at the promised pace is sent a little faster, so that a promise just kept is seen to be kept.
SENT = 1.005 * PACE
# Of what the look-up answers alone: more than half is asked, for who waits for an answer asks nothing meanwhile, and
# half is to be answered.
HALF = 0.66
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class City:
    """How large: tubes that come all at once, persons who are in them by turns, seconds at the promised pace."""

    rush: int
    patients: int
    seconds: int

    @property
    def paced(self) -> int:
        """Tubes at the promised pace."""
        return round(SENT * self.seconds / SEATS)


def measure(figures: Figures, city: City, *, ground: Ground, var: Path) -> None:
    """Fill, start the processes, send; then report what was released."""
    ground.keep = False  # what was sent cannot be sent again
    ground.enter_own("swabs", anew=True)
    laboratory = swabs.fill(city.rush + city.paced, city.patients)
    with Running(ground, var, city) as running:
        rush(figures, running)
        if city.paced:
            pace(figures, running, city.paced)
    report(figures, laboratory, var, server_pid(ground.server) or 0)


class Running:
    """Intake, jobs and look-up on this database, and what each of them has taken of the processors."""

    def __init__(self, ground: Ground, var: Path, city: City) -> None:
        self.ground, self.var, self.city, self.stack = ground, var, city, ExitStack()
        self.port, self.pids = free_port(), {"database": server_pid(ground.server) or 0}
        self.people = swabs.list_people()
        self.tokens = lookups.write_tokens(var / "swabs.txt", self.people)

    def __enter__(self) -> "Running":
        url = self.ground.url()
        ports = {"HUIZHEN_MLLP_PORT": str(self.port), "HUIZHEN_ASTM_PORT": "0", "DATABASE_URL": url}
        enter = self.stack.enter_context
        taking = environment(self.var, **ports, HUIZHEN_PROCESS="intake")
        self.pids["intake"] = enter(intake(taking, self.var / "intake.log")).pid
        self.pids["jobs"] = enter(jobs(environment(self.var, **ports), self.var / "jobs.log"))
        self.lookup_port, self.pids["look-up"] = enter(lookups.process(url, self.var))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def spent(self) -> dict[str, float]:
        """Processor seconds of each until now."""
        return {name: processor_seconds(pid) for name, pid in self.pids.items()}

    def send(self, first: int, count: int, per_second: float = 0) -> dict[str, Any]:
        """Send so many tubes and wait until they are visible."""
        plan = {
            "port": self.port, "lookup_port": self.lookup_port, "tokens": str(self.tokens), "first": first,
            "count": count, "per_second": per_second, "connections": CONNECTIONS, "patients": self.city.patients,
        }  # fmt: skip
        line = [sys.executable, "-m", "bench.senders"]
        limit = PATIENCE_SECONDS + (count / per_second if per_second else 0)
        done = subprocess.run(
            line, input=json.dumps(plan), stdout=subprocess.PIPE, text=True, timeout=limit, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@contextmanager
def jobs(environ: dict[str, str], log: Path) -> Iterator[int]:
    """`huizhen jobs`, and its end."""
    with log.open("a") as out:
        line = [sys.executable, "-m", "huizhen.config.cli", "jobs"]
        process = subprocess.Popen(line, env={**os.environ, **environ}, stdout=out, stderr=out)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def rush(figures: Figures, running: Running) -> None:
    """Everything at once: how many persons a second become visible, and what each takes of the processors."""
    warm = min(WARM, running.city.rush // 2)
    running.send(1, warm)
    before = running.spent()
    found = running.send(warm + 1, running.city.rush - warm)
    persons = (running.city.rush - warm) * SEATS
    rate = persons / found["visible_seconds"]
    figures.add("chain_per_second", "swab to phone: persons a second, as fast as it goes", rate, "/s", least=1_700)
    figures.add("chain_sent_per_second", "… of whom acknowledged", persons / found["sent_seconds"], "/s")
    figures.add("chain_ack_p99_ms", "… acknowledged within, 99 of 100",
                percentile(found["acknowledged"], 0.99) * 1000, "ms")  # fmt: skip
    for name, spent in running.spent().items():
        each = (spent - before[name]) / persons * 1e6
        figures.add(f"chain_{name}_cpu_us", f"… processor time of {name}, each person", each, "µs")


def pace(figures: Figures, running: Running, tubes: int) -> None:
    """The promised pace, while half as many ask as can be answered: of the peak before it, when each person has one
    result, and of that after it, when there are a dozen and more to an answer, the mean."""
    before = lookups.wrk(running.lookup_port, running.tokens, 5)[0]
    count = tubes / (SENT / SEATS)
    asked: list[tuple[float, float, float]] = []
    crowd = threading.Thread(
        target=lambda: asked.append(
            lookups.wrk(running.lookup_port, running.tokens, int(count), connections=256, offered=HALF * before)
        )
    )
    crowd.start()
    found = running.send(running.city.rush + 1, tubes, SENT / SEATS)
    crowd.join()
    peak = (before + lookups.wrk(running.lookup_port, running.tokens, 5)[0]) / 2
    rate = tubes * SEATS / found["sent_seconds"]
    figures.add("chain_pace_per_second", f"… {count:.0f} s at the promised pace: persons a second", rate, "/s",
                least=PACE)  # fmt: skip
    figures.add("chain_pace_lookups", "… while so many look-ups are answered", asked[0][0], "/s")
    figures.add("chain_pace_lookup_share", "… of what it answers alone", asked[0][0] / peak, "×", least=0.5)
    half, most = (percentile(found["lags"], share) * 1000 for share in (0.5, 0.99))
    figures.add("chain_lag_p50_ms", "… from acknowledged to visible, half within", half, "ms")
    figures.add("chain_lag_p99_ms", "… 99 of 100 within", most, "ms", most=3_000)


def report(figures: Figures, laboratory: Organisation, var: Path, database_pid: int) -> None:
    """What was released goes to the shipped platform, over HTTP, batch after batch."""
    port = free_port()
    line = [sys.executable, "-m", "huizhen.config.cli", "simulate-upstream", str(port)]
    with (var / "upstream.log").open("a") as log:
        platform = subprocess.Popen(line, env=environment(var), stdout=log, stderr=log)
    try:
        upstream = Upstream.objects.create(
            organisation=laboratory, name="bench", format="fhir", url=f"http://127.0.0.1:{port}/batches"
        )
        receiver = HttpReceiver(upstream.url)
        while receiver.ask(uuid4()).outcome != Outcome.NEVER_HEARD:
            time.sleep(0.1)
        with connection.cursor() as cursor:  # without a platform nothing waited to be reported
            cursor.execute("UPDATE lab_observation SET forwarded_at = NULL")
        before = {"reporting": time.process_time(), "database": processor_seconds(database_pid)}
        took = seconds(lambda: actions.enlist(at=clock.now(), limit=REPORTED // SEATS))
        took += seconds(lambda: sending.catch_up(upstream, receiver))
        spent = {"reporting": time.process_time(), "database": processor_seconds(database_pid)}
    finally:
        platform.terminate()
        platform.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM lab_delivery WHERE state = 'accepted'")
        accepted = cursor.fetchone()[0]
    rate = accepted / took
    figures.add("upstream_per_second", "upstream: results reported, receipts stored", rate, "/s", least=2_000)
    for name, until in spent.items():
        each = (until - before[name]) / accepted * 1e6
        figures.add(f"upstream_{name}_cpu_us", f"… processor time of {name}, each result", each, "µs")
