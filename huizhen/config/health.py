"""Whether a process can work: pure judgements over one row asked of the database, for web, live and jobs alike."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

JOBS_SILENT_AFTER_SECONDS = 45
DRIFT_LIMIT_SECONDS = 2.0
DISK_LOW_BYTES = 500 * 1024 * 1024
# A process brings its reads into the database within a second, a dead one's come in within a minute.
READS_WAIT_SECONDS, READS_WAIT_BYTES = 150, 1 << 20

PROBE = (
    "SELECT extract(epoch FROM clock_timestamp())::float8, "  # house: clock, because it is compared with ours
    "(SELECT extract(epoch FROM max(last_heartbeat))::float8 FROM procrastinate_workers), "
    "(SELECT array_agg(app || '.' || name) FROM django_migrations)"
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its name, whether it is well, and a sentence for whoever is on duty."""

    name: str
    well: bool
    says: str


@dataclass(frozen=True)
class Probed:
    """What the database answered: its clock and the last sign of life of a worker (epoch seconds), its migrations."""

    clock: float
    heartbeat: float | None
    migrations: frozenset[str]


def judge(probed: Probed | None, *, needed: frozenset[str], at: datetime, folder: Path) -> list[Finding]:
    """All findings; `probed` is nothing where the database gave no answer, `needed` the newest migrations by name."""
    if probed is None:
        return [Finding("database", False, "no answer"), disk(folder)]
    return [
        Finding("database", True, "answers"),
        migrated(probed.migrations, needed),
        jobs(probed.heartbeat, probed.clock),
        drift(probed.clock, at),
        disk(folder),
    ]


def migrated(done: frozenset[str], needed: frozenset[str]) -> Finding:
    """Whether every needed migration was made."""
    missing = sorted(needed - done)
    says = f"missing {', '.join(missing)}: run `huizhen migrate`" if missing else "up to date"
    return Finding("migrations", not missing, says)


def jobs(heartbeat: float | None, clock: float) -> Finding:
    """Whether a worker gave a sign of life lately; both times are the database's."""
    if heartbeat is None:
        return Finding("jobs", False, "no worker runs")
    silent = max(0.0, clock - heartbeat)
    return Finding("jobs", silent < JOBS_SILENT_AFTER_SECONDS, f"last sign of life {silent:.0f} s ago")


def drift(clock: float, at: datetime) -> Finding:
    """Whether our clock and the database's agree: deadlines are computed with one and compared with the other."""
    apart = abs(clock - at.timestamp())
    return Finding("clock", apart < DRIFT_LIMIT_SECONDS, f"{apart:.1f} s apart from the database")


def disk(folder: Path) -> Finding:
    """Whether there is room for uploads and for the database."""
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    return Finding("disk", free > DISK_LOW_BYTES, f"{free // (1024 * 1024)} MB free")


def reads(waiting: Iterable[tuple[int, float]]) -> Finding:
    """Whether what was read comes into the audit: of each journal that is not taken whole, how many bytes wait and how
    many seconds ago the last were written."""
    stuck = [size for size, seconds in waiting if seconds > READS_WAIT_SECONDS or size > READS_WAIT_BYTES]
    return Finding("audit", not stuck, f"{sum(stuck)} bytes of reads are not brought in" if stuck else "nothing waits")


def answer(findings: list[Finding]) -> tuple[int, dict[str, object]]:
    """The HTTP status (200 or 503) and the JSON of `/readyz`."""
    well = all(finding.well for finding in findings)
    shown = {finding.name: {"ok": finding.well, "says": finding.says} for finding in findings}
    return (200 if well else 503), {"ok": well, "checks": shown}
