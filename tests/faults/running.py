"""A whole Huizhen in a folder of its own, started like a person starts it, for tests that kill parts of it."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.house import prepare
from huizhen.config import embedded
from huizhen.config.embedded import Embedded
from huizhen.config.supervisor import prepared
from huizhen.kernel.fakes.ports import free_port
from tests import servers

PATIENCE_SECONDS = 120  # a loaded machine is slow and still right
PORTS = ("WEB", "LIVE", "LOOKUP", "JOBS_METRICS", "SIMULATORS", "SIMULATORS_MAIL", "MLLP", "ASTM")
# How each process is recognised among the supervisor's children.
MARKS = {
    "web": "huizhen.config.wsgi:application",
    "live": "huizhen.config.asgi:application",
    "jobs": "huizhen.config.cli jobs",
    "intake": "huizhen.config.cli intake",
    "dicom-receiver": "huizhen.config.cli dicom-receiver",
    "database": "unix_socket_directories",
}


OURS = ("HUIZHEN_", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a fresh Huizhen in `folder`, without anything of this test run."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    ports = {f"HUIZHEN_{name}_PORT": str(free_port()) for name in PORTS}
    given = {"HUIZHEN_DEMO": "yes", "HUIZHEN_DEMO_LOAD": "no", "HUIZHEN_VAR": str(folder)}
    # Reading reports from pictures takes a core for itself, and the receiver of images starts with every house; both
    # have tests of their own.
    return own | ports | given | {"HUIZHEN_READ_REPORTS": "no", "HUIZHEN_DICOM_PORT": "0"} | more


def command(*words: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one `huizhen …` command to its end."""
    line = [sys.executable, "-m", "huizhen.config.cli", *words]
    return subprocess.run(line, env=environ, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


class Running:
    """One started Huizhen."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.environ = environment(folder, **more)
        self.log = folder / "up.log"
        self.process: psutil.Popen | None = None

    def start(self) -> None:
        """Start it and wait until everything is ready."""
        with self.log.open("a") as log:
            line = [sys.executable, "-m", "huizhen.config.cli", "up"]
            self.process = psutil.Popen(line, env=self.environ, stdout=log, stderr=log)
        self.wait(self.is_ready)

    def collect(self) -> None:
        """Put scripts and styles where the web process finds them."""
        line = [sys.executable, "-m", "huizhen.config.manage", "collectstatic", "--noinput", "-v0"]
        subprocess.run(line, env=self.environ, check=True, timeout=PATIENCE_SECONDS)

    def stop(self) -> int:
        """Press Ctrl-C and wait for the end; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)

    def find(self, name: str) -> psutil.Process | None:
        """The process of that name that the supervisor itself started."""
        for child in self.process.children():
            try:
                if MARKS[name] in " ".join(child.cmdline()):
                    return child
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        return None

    def kill(self, name: str) -> int:
        """End a process with SIGKILL, as soon as it is there; returns its number."""
        self.wait(lambda: self.find(name) is not None)
        victim = self.find(name)
        assert victim, f"{name} does not run"
        victim.kill()
        return victim.pid

    def kill_family(self, name: str) -> int:
        """End a process and all it started with SIGKILL, and wait until they are gone; returns its number."""
        self.wait(lambda: self.find(name) is not None)
        victim = self.find(name)
        family = [victim, *victim.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert psutil.wait_procs(family, timeout=PATIENCE_SECONDS)[1] == []
        return victim.pid

    def connect(self) -> psycopg.Connection:
        """A connection to its database, as soon as that takes any."""
        made: list[psycopg.Connection] = []

        def try_it() -> bool:
            with suppress(psycopg.OperationalError):
                made.append(psycopg.connect(Embedded(self.folder / "postgres").url()))
            return bool(made)

        self.wait(try_it)
        return made[0]

    def is_back(self, name: str, old: int) -> bool:
        """Whether another process has taken the place of the one that was killed."""
        found = self.find(name)
        return found is not None and found.pid != old

    def get(self, path: str, port: str = "WEB") -> tuple[int, bytes]:
        """Ask one of the processes; status 0 where nobody answers."""
        address = f"http://127.0.0.1:{self.environ[f'HUIZHEN_{port}_PORT']}{path}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def is_ready(self) -> bool:
        """Whether web and live both say that all is well."""
        return all(self.get("/readyz", port)[0] == 200 for port in ("WEB", "LIVE"))

    def checks(self) -> dict[str, Any]:
        """What `/readyz` says."""
        return json.loads(self.get("/readyz")[1])["checks"]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so; shows the log where it never is."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            if self.process is not None and self.process.poll() is not None:
                break
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError(f"{condition} never came true; {self.told()}")

    def told(self) -> str:
        """What it says of itself now, and the end of its log without the questions whether it is ready."""
        lines = [line for line in self.log.read_text().splitlines() if "/readyz" not in line]
        ready = {port: self.get("/readyz", port) for port in ("WEB", "LIVE")} if self.process else {}
        return "\n".join([f"readyz: {ready}; the log ends:", *lines[-40:]])

    def family(self) -> list[psutil.Process]:
        """Every process that belongs to it, the supervisor included."""
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder that the database's own user may reach, unlike pytest's; removed afterwards."""
    servers.FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="house-", dir=servers.FOLDER))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def prepared_house() -> Path:
    """A folder as a first start leaves it, made once for all tests: its database has every table and nobody in it."""
    servers.FOLDER.mkdir(parents=True, exist_ok=True)
    with (servers.FOLDER / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = servers.FOLDER / f"prepared-{prepared.digest()[:16]}"
        if not (folder / "done").exists():
            for old in servers.FOLDER.glob("prepared-*"):
                shutil.rmtree(old)
            folder.mkdir()
            folder.chmod(0o755)
            # Migrating takes half a minute, and this run has done it for its own database.
            if servers.dump_pattern(servers.FOLDER / "pattern.sql"):
                prepare(Embedded(folder / "postgres"), servers.FOLDER / "pattern.sql")
            made = command("prepare", environ=environment(folder))
            assert made.returncode == 0, made.stdout + made.stderr
            (folder / "done").touch()
        return folder


@contextmanager
def running(*, pages: bool = False, **more: str) -> Iterator[Running]:
    """A Huizhen that is ready, and gone afterwards, whatever happened; `more` are settings of its own.

    `pages`: with scripts and styles, for a browser.
    """
    with fresh_folder() as folder:
        # With its owners: under root the database belongs to a user of its own.
        subprocess.run(["cp", "-a", f"{prepared_house()}/.", str(folder)], check=True)
        house = Running(folder, **more)
        if pages:
            house.collect()
        yield from _running(house)


def _running(house: Running) -> Iterator[Running]:
    try:
        house.start()
        yield house
    finally:
        family = house.family() if house.process.poll() is None else []
        if family:
            house.stop()
        for left in psutil.wait_procs(family, timeout=5)[1]:
            left.kill()
        server = Embedded(house.folder / "postgres")
        embedded.stop(server, mode="immediate")
        shutil.rmtree(server.socket, ignore_errors=True)
