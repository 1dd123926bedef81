"""The look-up under load, beside what the database itself gives: `pgbench` with the same question on the same table.

wrk and pgbench run on this machine, one after the other, in turns; what counts is the ratio of their medians. Reading
is from the database for each answer; nothing is cached.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from bench.api import HOST, wait_until_answered
from bench.figures import Figures
from bench.ground import Ground, environment
from bench.processes import processor_seconds
from huizhen.config import embedded
from huizhen.config.embedded import server_pid
from huizhen.kernel import clock
from huizhen.kernel.fakes.ports import free_port
from huizhen.lab.lookup import tokens
from huizhen.lab.lookup.tokens import Asker, mint_token
from huizhen.lab.results.actions.partitions import ensure_partitions

# Connections of a crowd, more than may wait; and how much it asks, in multiples of what can be answered.
CROWD, OFFERED = 1000, (1, 2, 3)
# Of what the database alone answers: at least 23,300 a second where that is 42,000, and 0.55 of it anywhere.
LEAST = max(23_300 / 42_000, 0.55)
SCRIPT = Path(__file__).with_name("lookups.lua")
TOKENS, CONNECTIONS, WORKERS = 20_000, 256, 1
# Times that pgbench and the look-up take turns; a single turn is off by some hundredths. And turns of the crowd.
TURNS, CROWDED = 5, 3
# What is asked of the database alone: one person's rows, as the look-up reads them for many.
QUESTION = """\\set n random(0, {last})
SELECT person, series, item, finding, version, extract(epoch FROM collected_at)::int8,
       extract(epoch FROM released_at)::int8
  FROM lab_released WHERE person = md5('p' || :n)::uuid AND released_at >= now() - interval '14 days';
"""
FILL = """
INSERT INTO lab_released (person, series, item, finding, version, collected_at, released_at)
SELECT md5('p' || n %% %(persons)s)::uuid, md5('s' || n)::uuid, 1, 1 + (n %% 97 = 0)::int, 1,
       %(now)s - n * %(step)s - interval '6 hours', %(now)s - n * %(step)s
  FROM generate_series(1, %(rows)s) n
"""
# Beside other work on the machine rates say little, and the processor time of each answer says what it costs.
COSTS = ("pgbench_database", "database", "process")
SAYS = ("the database for pgbench", "the database for the look-up", "the look-up")
SPAN = timedelta(days=20)
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
WITHIN = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
UNITS = {"us": 0.001, "ms": 1, "s": 1000}


def measure(figures: Figures, *, ground: Ground, var: Path, persons: int, seconds: int) -> None:
    """Fill the table, start the process, measure in turns."""
    if not shutil.which("wrk"):
        raise RuntimeError("wrk is not installed; Debian: apt install wrk")
    url = fill(ground, persons)
    asked = write_tokens(var / "tokens.txt", list_people(persons))
    database = server_pid(ground.server) or 0
    with process(url, var) as (port, pid):
        wrk(port, asked, 2)
        turns = []
        for _ in range(TURNS):
            began = [processor_seconds(one) for one in (database, pid)]
            rate = pgbench(ground, url, persons, seconds, var)
            middle = [processor_seconds(one) for one in (database, pid)]
            answers = wrk(port, asked, seconds)[0]
            spent = [processor_seconds(one) for one in (database, pid)]
            each = [(middle[0] - began[0]) / rate, *((spent[n] - middle[n]) / answers for n in (0, 1))]
            turns.append((rate, answers, *(one / seconds * 1e6 for one in each)))
        plain, peak, *costs = (statistics.median(turn[side] for turn in turns) for side in range(5))
        figures.add("lookup_pgbench_per_second", "look-up: pgbench alone on the same table", plain, "/s")
        figures.add("lookup_per_second", "look-up: answers fresh from the database", peak, "/s")
        figures.add("lookup_ratio", "… as a share of pgbench", peak / plain, "×", least=LEAST)
        for key, says, cost in zip(COSTS, SAYS, costs, strict=True):
            figures.add(f"lookup_{key}_cpu_us", f"… processor time of {says}, each", cost, "µs")
        crowd_share(figures, port, asked, seconds=seconds, peak=peak)


def crowd_share(figures: Figures, port: int, asked: Path, *, seconds: int, peak: float) -> None:
    """How long 99 of 100 wait at four fifths of the peak, and how much is answered when more ask than can be.

    Each turn offers once, twice and three times what CONNECTIONS got without a pause. The best of all four is that
    turn's peak; nothing may be lost of it when three times as many ask.
    """
    calm = wrk(port, asked, seconds, connections=256, offered=0.8 * peak)
    figures.add("lookup_p99_ms", "… at 80 % of that, 99 of 100 within", calm[2], "ms", most=50)
    turns = []
    for _ in range(CROWDED):
        alone = wrk(port, asked, seconds)[0]
        offered = [wrk(port, asked, seconds, connections=CROWD, offered=times * alone) for times in OFFERED]
        answered = [each[0] for each in offered]
        turns.append((*answered, answered[-1] / max(alone, *answered), offered[-1][1]))
    *answered, share, refused = (statistics.median(turn[side] for turn in turns) for side in range(len(OFFERED) + 2))
    for times, rate in zip(OFFERED, answered, strict=True):
        figures.add(
            f"lookup_offered_{times}_per_second",
            f"… {CROWD} who together ask {times} × as much, if answered at once",
            rate,
            "/s",
        )
    figures.add("lookup_crowd_share", "… answered at 3 ×, of the most at any load", share, "×", least=0.9)
    figures.add("lookup_crowd_refused", "… and told to come again", refused, "/s")


def fill(ground: Ground, persons: int) -> str:
    """A database with five results for each person, released over twenty days; its address."""
    if ground.enter_own(f"lookup_{persons}"):
        rows, now = persons * 5, clock.now()
        ensure_partitions(at=now - SPAN, ahead=4)
        with connection.cursor() as cursor:
            cursor.execute(FILL, {"persons": persons, "rows": rows, "now": now, "step": SPAN / rows})
            cursor.execute("VACUUM (ANALYZE) lab_released")
    return ground.url()


def list_people(persons: int) -> list[UUID]:
    """People spread over all."""
    with connection.cursor() as cursor:
        step = max(1, persons // TOKENS)
        cursor.execute("SELECT md5('p' || n)::uuid FROM generate_series(0, %s, %s) n", [persons - 1, step])
        return [row[0] for row in cursor.fetchall()]


def write_tokens(file: Path, people: Sequence[UUID]) -> Path:
    """A token for each, good for longer than the run takes."""
    at = clock.now() + timedelta(hours=2) - tokens.GOOD_FOR
    file.write_text("".join(f"{mint_token(person, asker=Asker.CITIZEN, at=at)}\n" for person in people))
    return file


@contextmanager
def process(url: str, var: Path) -> Iterator[tuple[int, int]]:
    """`huizhen lookup` on this database; its port and number."""
    port = free_port()
    environ = environment(
        var / "lookup", DATABASE_URL=url, HUIZHEN_LOOKUP_PORT=str(port), HUIZHEN_LOOKUP_WORKERS=str(WORKERS)
    )
    with (var / "lookup.log").open("a") as log:
        line = [sys.executable, "-m", "huizhen.config.cli", "lookup"]
        running = subprocess.Popen(line, env=environ, stdout=log, stderr=log)
    try:
        wait_until_answered(f"http://{HOST}:{port}/healthz")
        yield port, running.pid
    finally:
        running.terminate()
        running.wait(20)


def wrk(
    port: int, asked: Path, seconds: int, *, connections: int = CONNECTIONS, offered: float = 0
) -> tuple[float, float, float]:
    """Answers and refusals a second, and within how many milliseconds 99 of 100 came. `offered`: questions a second
    that all connections together would ask if answered at once; 0: as many as they can."""
    pause = 1000 * connections / offered if offered else 0
    line = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "10s", "--latency", "-s", str(SCRIPT),
            f"http://{HOST}:{port}", "--", str(asked), f"{pause:.1f}"]  # fmt: skip
    out = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    rate, within = RATE.search(out), WITHIN.search(out)
    if not rate or not within:
        raise RuntimeError(out)
    refused = int(found[1]) / seconds if (found := REFUSED.search(out)) else 0.0
    return float(rate[1]) - refused, refused, float(within[1]) * UNITS[within[2]]


def pgbench(ground: Ground, url: str, persons: int, seconds: int, var: Path) -> float:
    """Transactions a second of eight clients with the prepared question."""
    script = var / "question.sql"
    script.write_text(QUESTION.format(last=persons - 1))
    program = embedded.bundled_programs() / "pgbench"
    line = [str(program), "-n", "-M", "prepared", "-f", str(script), "-c8", "-j2", f"-T{seconds}", url]
    out = subprocess.run(line, capture_output=True, text=True, check=True, env={**os.environ}).stdout
    found = re.search(r"tps = ([\d.]+)", out)
    if not found:
        raise RuntimeError(out)
    time.sleep(0.5)
    return float(found[1])
