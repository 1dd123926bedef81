"""The processes and their commands, the same under the supervisor and as units of their own in production."""

import os
import resource
import shutil
import sys
from pathlib import Path

from django.conf import settings

from huizhen.config.lacking import lacking
from huizhen.config.trouble import Trouble

WEB_THREADS = 4
STOP_WITHIN_SECONDS = 10
# Connections of a worker, asking or not: a browser keeps its own for half a minute. Whoever comes beyond them is not
# refused, but waits without a word, so there must be room for a crowd; who of it is answered is decided inside.
CONNECTIONS, AT_THE_DOOR, OTHER_FILES = 20_000, 4096, 500
PROCESSES = {"wsgi": "web", "asgi": "live", "rsgi": "lookup"}


def web() -> None:
    """Serve pages and API until told to stop: Granian takes this process's place."""
    for sentence in lacking():
        sys.stderr.write(f"warning: {sentence}\n")
    sys.stderr.flush()
    _become(web_command())


def live() -> None:
    """Serve WebSockets until told to stop: Granian takes this process's place."""
    _become(live_command())


def lookup() -> None:
    """Look up laboratory results until told to stop: Granian takes this process's place."""
    _become(lookup_command())


def web_command() -> list[str]:
    """Granian with WSGI: Django's synchronous code in threads of each worker."""
    return [
        *_granian("wsgi", settings.WEB_PORT, settings.WEB_WORKERS),
        *("--loop", "asyncio", "--blocking-threads", str(WEB_THREADS), "--no-ws"),  # which no page waits on
        "huizhen.config.wsgi:application",
    ]


def live_command() -> list[str]:
    """Granian with ASGI: one worker holds all the sockets."""
    return [*_granian("asgi", settings.LIVE_PORT, 1), "--loop", "uvloop", "huizhen.config.asgi:application"]


def lookup_command() -> list[str]:
    """Granian's own interface, RSGI: what stands between a question and its answer is paid twenty thousand times."""
    served = _granian("rsgi", settings.LOOKUP_PORT, settings.LOOKUP_WORKERS)
    return [*served, "--loop", "uvloop", "--no-ws", "huizhen.config.rsgi:application"]


def prepare_metrics(folder: Path, workers: int) -> None:
    """With several workers each writes its figures into a folder, and any of them can answer for all."""
    if workers > 1:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _granian(interface: str, port: int, workers: int) -> list[str]:
    program = Path(sys.executable).with_name("granian")
    if not program.exists():
        raise Trouble("Granian is not installed beside this Python.", "`make run` installs it.")
    return [
        *(str(program), "--interface", interface, "--host", settings.BIND, "--port", str(port)),
        *("--workers", str(workers), "--runtime-threads", "1", "--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", str(STOP_WITHIN_SECONDS), "--log-level", "warning"),
        *("--backlog", str(AT_THE_DOOR), "--backpressure", str(_make_room())),
    ]


def _make_room() -> int:
    """How many connections a worker may hold, with as many open files allowed to this process and what it becomes."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(1, wanted - OTHER_FILES)


def _become(command: list[str]) -> None:
    prepare_metrics(settings.VAR / "metrics", settings.WEB_WORKERS if "wsgi" in command else 1)
    os.environ["HUIZHEN_PROCESS"] = next(name for interface, name in PROCESSES.items() if interface in command)
    os.execv(command[0], command)  # noqa: S606 - our own program
