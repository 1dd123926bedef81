"""The database servers of the tests: apart from the one of `make run`, and fast instead of safe against power cuts.

TEST_POSTGRES names a folder of other PostgreSQL programs, such as Debian's.
"""

import os
import subprocess
import sys
from pathlib import Path

from huizhen.config import embedded
from huizhen.config.embedded import Embedded

FOLDER = Path(__file__).resolve().parents[1] / "var" / "test"
# With several workers the tables are made once, and each worker's database is a copy.
PATTERN = "test_pattern"
DATABASES = "SELECT datname FROM pg_database"


def chosen() -> Embedded:
    """The server for this run: the wheel's, or that of TEST_POSTGRES."""
    programs = os.environ.get("TEST_POSTGRES")
    if not programs:
        return Embedded(FOLDER / "postgres", durable=False)
    version = Path(programs).parent.name
    return Embedded(FOLDER / f"postgres-{version}", durable=False, programs=Path(programs))


def dump_pattern(file: Path) -> bool:
    """Write the pattern's tables and what migrating puts into them to a file; false where there is no pattern."""
    server = chosen()
    if not embedded.is_running(server) or PATTERN not in embedded.query(server, DATABASES).split():
        return False
    line = [server.programs / "pg_dump", server.url(PATTERN), "--no-owner", "-f", file]
    subprocess.run(line, check=True, timeout=100)
    return True


def stop_all() -> None:
    """Stop every server that a run left behind for the next."""
    for data in FOLDER.glob("postgres*/data"):
        embedded.stop(Embedded(data.parent))


if __name__ == "__main__" and sys.argv[1:] == ["stop"]:
    stop_all()
