"""PostgreSQL from a wheel, in a folder: started, found again and stopped without an administrator.

The server listens on a Unix socket only, in a folder that nobody else may enter, so a local connection needs no
password. Under root it runs as a system user (`as_root.py`). The wheel's top-level package is never imported:
it has side effects; only its programs are used.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from huizhen.config import as_root
from huizhen.config.trouble import Trouble

SUPERUSER = "postgres"
DATABASE = "huizhen"
SOCKET_PATH_LIMIT = 90
LAST_WORDS = 600
# Messages of the server may quote what people typed; these keep statements and row contents out of its log.
QUIET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class DatabaseTrouble(Trouble):
    """The embedded database cannot be started; the message says why and what to do. Nothing was changed."""


@cache
def bundled_programs() -> Path:
    """The folder of the wheel's PostgreSQL programs.

    Raises:
        DatabaseTrouble: the wheel is not installed.
    """
    found = find_spec("pgserver")
    for place in (found.submodule_search_locations or []) if found else []:
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise DatabaseTrouble("The PostgreSQL wheel is not installed.", "`make run` installs it; or set DATABASE_URL.")


@dataclass(frozen=True)
class Embedded:
    """One server: its folder, whether it must survive a power cut, and the folder of its programs."""

    folder: Path
    durable: bool = True
    programs: Path = field(default_factory=bundled_programs)

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
        return Path("/tmp") / f"huizhen-{sha256(str(self.folder).encode()).hexdigest()[:16]}"  # noqa: S108 - mode 0700

    def url(self, database: str = DATABASE) -> str:
        """The address for `DATABASE_URL`."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket}"


def version(server: Embedded) -> str:
    """The major version of the server's programs, such as `18`."""
    ask = [str(server.programs / "postgres"), "--version"]
    out = subprocess.run(ask, check=True, capture_output=True, text=True)
    return next(word for word in out.stdout.split() if word[0].isdigit()).split(".")[0]


def start(server: Embedded) -> None:
    """Make the data folder where there is none, start the server in the background unless it runs already.

    Raises:
        DatabaseTrouble: another version's data, a damaged folder, or a server that does not come up.
    """
    with prepared(server):
        if not is_running(server):
            _launch(server)
        create_database(server)


@contextmanager
def prepared(server: Embedded) -> Iterator[None]:
    """Hold the folder for one starter at a time, with a data folder in it that this server can open.

    Raises:
        DatabaseTrouble: the folder cannot be written, is damaged, or belongs to another version.
    """
    _prepare_folders(server)
    with (server.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (server.data / "PG_VERSION").exists():
            _initialise(server)
        _check_version(server)
        yield


def command(server: Embedded) -> list[str]:
    """The command that runs the server in the foreground."""
    settings = {"listen_addresses": "", "unix_socket_directories": str(server.socket), "max_connections": "200"}
    settings |= QUIET | ({} if server.durable else FAST)
    words = [str(server.programs / "postgres"), "-D", str(server.data)]
    for name, value in settings.items():
        words += ["-c", f"{name}={value}"]
    return words


def run_as() -> dict[str, Any]:
    """How a subprocess becomes the server's user: nothing to change unless this is root."""
    if not as_root.is_root():
        return {}
    user = as_root.system_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def server_pid(server: Embedded) -> int | None:
    """The process number of the server that has this data folder open, if one has."""
    try:
        pid = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
        # After a crash the number may belong to another program by now; a server stands in its data folder. One that
        # ended meanwhile, or is dead and not yet buried, stands nowhere.
        if Path("/proc/self").exists() and Path(os.readlink(f"/proc/{pid}/cwd")) != server.data.resolve():
            return None
    except (OSError, ValueError):
        return None
    return pid


def is_running(server: Embedded) -> bool:
    """Whether a server has this data folder open."""
    return server_pid(server) is not None


def is_ready(server: Embedded) -> bool:
    """Whether the server takes connections."""
    return _run(server, "pg_isready", "-q", "-h", str(server.socket), "-U", SUPERUSER).returncode == 0


def stop(server: Embedded, *, mode: str = "fast") -> None:
    """Stop the server and wait until it has written everything; nothing happens where none runs."""
    if is_running(server):
        _run(server, "pg_ctl", "stop", "-w", "-m", mode)


def create_database(server: Embedded, name: str = DATABASE) -> None:
    """Make the database of that name where there is none."""
    if query(server, f"select 1 from pg_database where datname = '{name}'") != "1":  # noqa: S608 - our own constant
        _run(server, "createdb", "-h", str(server.socket), "-U", SUPERUSER, name)


def query(server: Embedded, sql: str) -> str:
    """One value asked of the server's own database `postgres`; empty where there is none or no answer."""
    return _run(server, "psql", "-h", str(server.socket), "-U", SUPERUSER, "-d", "postgres", "-Atc", sql).stdout.strip()


def last_words(server: Embedded) -> str:
    """The end of the server's log."""
    return server.log.read_text(errors="replace")[-LAST_WORDS:].strip() if server.log.exists() else ""


def does_not_start(server: Embedded, words: str) -> DatabaseTrouble:
    """The trouble of a server that ended while starting, with its own last words."""
    return DatabaseTrouble(
        f"The database in {server.data} does not start; nothing was changed. Its own words:\n    "
        + words.replace("\n", "\n    ")
        + "\n ",
        f"Free disk space if it speaks of space; if the folder is damaged, move {server.data} aside and restore a "
        "backup (docs/operations.md), or begin anew without it.",
    )


def remove(server: Embedded) -> None:
    """Stop the server and delete its folder: for throw-away servers of tests and benches."""
    stop(server, mode="immediate")
    shutil.rmtree(server.folder)
    shutil.rmtree(server.socket, ignore_errors=True)


def _initialise(server: Embedded) -> None:
    if server.data.exists() and any(server.data.iterdir()):
        raise DatabaseTrouble(
            f"{server.data} holds files but no PG_VERSION, so it is not a whole database; nothing was changed.",
            "Restore it from a backup, or move the folder away to begin anew.",
        )
    flags = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "-U", SUPERUSER)
    done = _run(server, "initdb", *flags)
    if done.returncode:
        raise DatabaseTrouble(
            f"The database folder {server.data} could not be made: {done.stderr.strip()[-LAST_WORDS:]}",
            "Look at the disk space and the permissions of the folder above it.",
        )


def _check_version(server: Embedded) -> None:
    found, mine = (server.data / "PG_VERSION").read_text(errors="replace").strip(), version(server)
    if not found.replace(".", "").isdigit():
        raise DatabaseTrouble(
            f"{server.data} is damaged: its PG_VERSION does not say which version wrote it; nothing was changed.",
            "Restore it from a backup, or move the folder away to begin anew.",
        )
    if found != mine:
        raise DatabaseTrouble(
            f"{server.data} was written by PostgreSQL {found}, and this program brings {mine}; nothing was changed.",
            "Start it with the program that wrote it, dump it with pg_dump, and load the dump into a fresh folder.",
        )


def _launch(server: Embedded) -> None:
    options = " ".join(f"'{word}'" for word in command(server)[3:])
    done = _run(server, "pg_ctl", "start", "-w", "-t", "60", "-l", str(server.log), "-o", options)
    if done.returncode:
        raise does_not_start(server, last_words(server))


def _prepare_folders(server: Embedded) -> None:
    try:
        for folder in (server.folder, server.socket):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseTrouble(
            f"The folder {server.folder} cannot be made or written ({error.strerror}).",
            "Give this user the right to write there, or set HUIZHEN_VAR to another folder.",
        ) from error
    if not as_root.is_root():
        return
    opened = as_root.let_through(server.folder) + as_root.let_through(server.programs)
    for folder in dict.fromkeys(opened):
        print(  # noqa: T201 - a permission was changed: said before any log is set up
            f"Note: {folder} now lets {as_root.SYSTEM_USER} pass through (o+x, no listing); "
            f"`chmod o-x {folder}` takes it back.",
            file=sys.stderr,
        )
    as_root.let_read(server.programs.parent)
    for folder in (server.folder, server.socket):
        as_root.give(folder)


def _run(server: Embedded, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    on_folder = ["-D", str(server.data)] if program in {"pg_ctl", "initdb"} else []
    # A server started by pg_ctl outlives this call and must not hold our pipes open.
    silent = program == "pg_ctl"
    return subprocess.run(
        [str(server.programs / program), *on_folder, *arguments],
        **run_as(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if silent else subprocess.PIPE,
        stderr=subprocess.DEVNULL if silent else subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        text=True,
        check=False,
    )
