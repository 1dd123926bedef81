"""`huizhen up`."""

import asyncio
import os
import sys

from django.conf import settings

from huizhen.config.supervisor import checks
from huizhen.config.supervisor.child import Program
from huizhen.config.supervisor.printer import Printer
from huizhen.config.supervisor.running import Supervisor

# Eight processes side by side: no heap of its own for each thread, no columns of each instruction for tracebacks.
LEAN = {"MALLOC_ARENA_MAX": "2", "PYTHONNODEBUGRANGES": "1"}


def up() -> None:
    """Start the database, the pages, the sockets, the jobs and the intake; stay until Ctrl-C, then stop them all."""
    printer = Printer()
    checks.check_apart(ports())
    checks.check_folder(settings.VAR)
    with checks.only_one(settings.VAR):
        for port, variable in ports():
            checks.check_port(settings.BIND, port, variable)
        warning = checks.room_left(settings.VAR)
        if warning:
            printer.say(f"warning: {warning}")
        server = settings.EMBEDDED if settings.USES_EMBEDDED else None
        look_at = f"http://{reachable(settings.BIND)}:{settings.WEB_PORT}/healthz"
        asyncio.run(Supervisor(server, before(), programs(), look_at, printer, lambda: welcome(printer)).run())


def ports() -> list[tuple[int, str]]:
    """Each port that will be listened on, with the setting that moves it."""
    wanted = [(settings.WEB_PORT, "HUIZHEN_WEB_PORT"), (settings.LIVE_PORT, "HUIZHEN_LIVE_PORT")]
    wanted.append((settings.LOOKUP_PORT, "HUIZHEN_LOOKUP_PORT"))
    if settings.DEMO:
        wanted.append((settings.SIMULATORS_PORT, "HUIZHEN_SIMULATORS_PORT"))
        wanted.append((settings.SIMULATORS_MAIL_PORT, "HUIZHEN_SIMULATORS_MAIL_PORT"))
    optional = (
        (settings.JOBS_METRICS_PORT, "HUIZHEN_JOBS_METRICS_PORT"),
        (settings.MLLP_PORT, "HUIZHEN_MLLP_PORT"),
        (settings.ASTM_PORT, "HUIZHEN_ASTM_PORT"),
        (settings.INTAKE_METRICS_PORT, "HUIZHEN_INTAKE_METRICS_PORT"),
        (settings.DICOM_PORT, "HUIZHEN_DICOM_PORT"),
        (settings.DICOM_METRICS_PORT, "HUIZHEN_DICOM_METRICS_PORT"),
    )
    return wanted + [(port, variable) for port, variable in optional if port]


def programs() -> list[Program]:
    """The processes that are kept running."""
    simulators = [program("simulators")] if settings.DEMO else []
    others = [program("live"), program("lookup"), program("jobs", stop_within=25), program("intake")]
    receiver = [program("dicom-receiver")] if settings.DICOM_PORT else []
    return [program("web"), *others, *receiver, *simulators]


def before() -> Program:
    """What runs once before them."""
    return program("prepare")


def program(name: str, *, stop_within: float = 15) -> Program:
    """One `huizhen NAME` as a supervised process."""
    environ = {"HUIZHEN_PROCESS": name, "PYTHONUNBUFFERED": "1", **LEAN}
    if sys.stdout.isatty():
        environ["FORCE_COLOR"] = "1"
    environ |= {
        "PYTHONPATH": os.pathsep.join([str(settings.ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    }
    return Program(name, [sys.executable, "-m", "huizhen.config.cli", name], stop_within=stop_within, environ=environ)


def reachable(host: str) -> str:
    """The address to ask a process at that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - compared, not bound


def welcome(printer: Printer) -> None:
    """The addresses, and in the demonstration where the log-ins are."""
    printer.say("")
    printer.say(f"Huizhen is up:  {settings.PUBLIC_URL}")
    if settings.DEMO:
        for line in log_ins():
            printer.say(f"  {line}")
    printer.say("Ctrl-C stops everything.")
    printer.say("")


def log_ins() -> list[str]:
    """What the demonstration's loader wrote down for whoever starts it."""
    page = settings.VAR / "demo" / "log-ins.txt"
    return page.read_text().splitlines() if page.exists() else []
