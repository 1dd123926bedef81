"""PostgreSQL from a wheel, in a folder: started, found again and stopped without an administrator.

The server listens on a Unix socket only, in a folder that nobody else may enter, so a local
connection needs no password. As root the server runs as the system user `pgserver`,
because PostgreSQL refuses to run as root.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pgserver.postgres_server import POSTGRES_BIN_PATH
from pgserver.utils import ensure_prefix_permissions, ensure_user_exists

SYSTEM_USER = "pgserver"
SUPERUSER = "postgres"
DATABASE = "huizhen"
SOCKET_PATH_LIMIT = 90


class DatabaseTrouble(RuntimeError):
    """The embedded database cannot be started; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True)
class Embedded:
    """One embedded server: its data folder, its socket folder and its log."""

    folder: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def socket(self) -> Path:
        """The socket's folder; a Unix socket's path is short by law, so a long one moves to /tmp."""
        inside = self.folder / "socket"
        if len(str(inside)) < SOCKET_PATH_LIMIT:
            return inside
        return Path("/tmp") / f"huizhen-{sha256(str(self.folder).encode()).hexdigest()[:16]}"

    def url(self, database: str = DATABASE) -> str:
        """The address for `DATABASE_URL`."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket}"


def bundled_version() -> str:
    """The major version of the PostgreSQL in the wheel, such as `18`."""
    out = subprocess.run([POSTGRES_BIN_PATH / "postgres", "--version"], check=True, capture_output=True, text=True)
    return out.stdout.split()[-1].split(".")[0]


def start(server: Embedded) -> None:
    """Make the data folder where there is none, and start the server unless it runs already.

    Raises:
        DatabaseTrouble: another version's data, a damaged folder, or a server that does not come up.
    """
    server.folder.mkdir(parents=True, exist_ok=True)
    with _only_one(server.folder / "lock"):
        _prepare_folders(server)
        if not (server.data / "PG_VERSION").exists():
            _initialise(server)
        _check_version(server)
        if not is_running(server):
            _launch(server)
        _create_database(server)


def is_running(server: Embedded) -> bool:
    """Whether a server answers for this data folder."""
    if not (server.data / "postmaster.pid").exists():
        return False
    return _run("pg_ctl", "status", "-D", str(server.data)).returncode == 0


def stop(server: Embedded, *, mode: str = "fast") -> None:
    """Stop the server and wait until it has written everything; nothing happens where none runs."""
    if is_running(server):
        _run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(server.data))


def _initialise(server: Embedded) -> None:
    if server.data.exists() and any(server.data.iterdir()):
        raise DatabaseTrouble(
            f"{server.data} holds files but no PG_VERSION, so it is not a whole database. Nothing was changed. "
            "Restore it from a backup, or move the folder away to begin anew."
        )
    flags = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "-U", SUPERUSER)
    done = _run("initdb", "-D", str(server.data), *flags)
    if done.returncode:
        raise DatabaseTrouble(f"The database folder {server.data} could not be made: {done.stderr.strip()[-400:]}")


def _check_version(server: Embedded) -> None:
    found = (server.data / "PG_VERSION").read_text().strip()
    mine = bundled_version()
    if found != mine:
        raise DatabaseTrouble(
            f"{server.data} was written by PostgreSQL {found}, and this program brings {mine}. Nothing was changed. "
            f"Start it with the older program, dump it with pg_dump, and load the dump into a fresh folder."
        )


def _launch(server: Embedded) -> None:
    settings = {"listen_addresses": "", "unix_socket_directories": str(server.socket), "max_connections": "200"}
    if not server.durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    done = _run("pg_ctl", "start", "-w", "-t", "60", "-D", str(server.data), "-l", str(server.log), "-o", options)
    if done.returncode:
        tail = server.log.read_text(errors="replace")[-600:] if server.log.exists() else done.stderr
        raise DatabaseTrouble(
            f"The database in {server.data} does not start. Nothing was changed. Its own words, also in {server.log}:\n{tail}"
        )


def _create_database(server: Embedded) -> None:
    ask = _run(
        "psql",
        "-h",
        str(server.socket),
        "-U",
        SUPERUSER,
        "-Atc",
        f"select 1 from pg_database where datname='{DATABASE}'",
    )
    if ask.stdout.strip() != "1":
        _run("createdb", "-h", str(server.socket), "-U", SUPERUSER, DATABASE)


def _prepare_folders(server: Embedded) -> None:
    for folder in (server.folder, server.socket):
        folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    ensure_user_exists(SYSTEM_USER)
    ensure_prefix_permissions(server.folder)
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
    owner = pwd.getpwnam(SYSTEM_USER)
    for folder in (server.folder, server.socket):
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o700)


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(POSTGRES_BIN_PATH / program), *arguments]
    user = SYSTEM_USER if os.geteuid() == 0 else None
    # The server outlives this call: it must not hold our pipes open, so its output goes to files of ours.
    return subprocess.run(
        command,
        user=user,
        cwd="/",
        capture_output=program != "pg_ctl",
        text=True,
        check=False,
        **({} if program != "pg_ctl" else {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}),
    )


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def remove(server: Embedded) -> None:
    """Stop the server and delete its folder: for throw-away servers of tests and benches."""
    stop(server, mode="immediate")
    shutil.rmtree(server.folder)
