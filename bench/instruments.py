"""Instruments: how many messages are decoded in a second, beside other libraries in the same run; what 500 open
connections take of the intake process's memory."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hl7 as python_hl7
import psutil
from django.db import connection
from hl7apy.parser import parse_message

from bench.api import HOST
from bench.figures import Figures
from bench.ground import environment
from huizhen.kernel.fakes.ports import free_port
from huizhen.lab.instruments import fakes, reading
from huizhen.lab.instruments.codecs import hl7, mllp
from huizhen.lab.instruments.profile import parse_profile, shipped_text

CONNECTIONS = 500
PATIENCE_SECONDS = 60
PROFILE = "roche-cobas-6800"
TESTS = ("SCOV2", "FLUA", "FLUB", "RSV")


def cobas_message() -> bytes:
    """An OUL^R22 of the size a cobas sends for one specimen: 23 segments with four results and three reagents."""
    lines = [
        "MSH|^~\\&|cobas6800|LAB|LIS|HOSP|20260504093000+0800||OUL^R22^OUL_R22|4711|P|2.5.1|||NE|AL||UNICODE UTF-8",
        "PID|1||||^^^^^^U",
        "SPM|1|T-000001&BARCODE||SWAB^^99ROC|||||||P||||||20260504080000|20260504083000",
        f"SAC|||T-000001|||||||50123|1{'|' * 18}^1^:^1",
    ]
    for number, test in enumerate(TESTS, start=1):
        lines += [
            f"OBR|{number}|||{test}^{test} assay^99ROC|||||||A",
            "ORC|SC||||CM",
            f"OBX|1|ST|{test}^{test}^99ROC|1/1|Negative|||N|||F||||||||20260504092900",
            f"TCD|{test}|^1^:^1",
        ]
    lines += [f"INV|200{n}|OK|R1|100{n}|LOT{n}|||||||20271231||||LOTX" for n in (1, 2, 3)]
    return "\r".join(lines).encode() + b"\r"


def per_second(act: Callable[[], object], times: int) -> float:
    """How often in a second of this process's own time, the best of three: other work on the machine does not count."""
    act()
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            act()
        best = min(best, time.process_time() - began)
    return times / best


def measure_decoding(figures: Figures, *, times: int) -> None:
    """The same message decoded by us and by two libraries, and understood by us."""
    content = cobas_message()
    block, text, profile = mllp.frame(content), content.decode(), parse_profile(shipped_text(PROFILE))
    deframer = mllp.Deframer()
    ours = per_second(lambda: [hl7.parse(one.content) for one in deframer.feed(block)], times)
    figures.add("decode_per_second", "cobas OUL^R22 taken from its frame and cut into fields", ours, "/s", least=20_000)
    whole = per_second(lambda: reading.read(content, profile), times)
    figures.add("understand_per_second", "… decoded and understood, down to readings", whole, "/s")
    other = per_second(lambda: python_hl7.parse(text), times // 20 + 1)
    figures.add("decode_python_hl7_per_second", "… decoded by python-hl7", other, "/s")
    apy = per_second(lambda: parse_message(text, find_groups=False), times // 200 + 1)
    figures.add("decode_hl7apy_per_second", "… decoded by hl7apy", apy, "/s")


def measure_memory(figures: Figures, *, url: str, var: Path, connections: int = CONNECTIONS) -> None:
    """Start the intake process, connect, send one message over each line, and look while all stay open."""
    port = free_port()
    ports = {"HUIZHEN_MLLP_PORT": str(port), "HUIZHEN_ASTM_PORT": "0", "DATABASE_URL": url, "HUIZHEN_PROCESS": "intake"}
    with intake(environment(var, **ports), var / "intake.log") as process:
        size = asyncio.run(_connected(process, port, connections))
    figures.add("intake_mb", f"intake with {connections} open connections (RSS)", size, "MB", most=150)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM lab_rawmessage")
        figures.add("intake_stored", "… messages stored from them", cursor.fetchone()[0], "")


@contextlib.contextmanager
def intake(environ: dict[str, str], log: Path) -> Iterator[psutil.Process]:
    """`huizhen intake`, and its end."""
    with log.open("a") as out:
        line = [sys.executable, "-m", "huizhen.config.cli", "intake"]
        process = subprocess.Popen(line, env={**os.environ, **environ}, stdout=out, stderr=out)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)


async def _connected(process: psutil.Process, port: int, connections: int) -> float:
    """Megabytes with every line open, each of which has been answered once."""
    lines = []
    for number in range(connections):
        reader, writer = await _open(port)
        writer.write(mllp.frame(fakes.hl7_message([f"T-{number}"])))
        lines.append((reader, writer))
    for reader, _ in lines:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.readuntil(mllp.FS)
    size = process.memory_info().rss / 1024 / 1024
    for _, writer in lines:
        writer.close()
    return size


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await asyncio.open_connection(HOST, port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.1)
