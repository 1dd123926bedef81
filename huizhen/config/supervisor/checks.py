"""What is looked at before anything starts: ports, folder, room on the disk, another supervisor."""

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from huizhen.config.health import DISK_LOW_BYTES
from huizhen.config.trouble import Trouble

# Where another number is looked for: beside the defaults.
FREE = range(8003, 9000)


def check_apart(ports: Sequence[tuple[int, str]]) -> None:
    """Make sure that no two settings name one port.

    Raises:
        Trouble: two do.
    """
    first: dict[int, str] = {}
    for port, variable in ports:
        if port in first:
            raise Trouble(
                f"{first[port]} and {variable} are both {port}, and only one process can listen there.",
                f"Give one of them another number, such as: {variable}={next(n for n in FREE if n not in dict(ports))}",
            )
        first[port] = variable


def check_port(host: str, port: int, variable: str) -> None:
    """Make sure that nobody listens on the port.

    Raises:
        Trouble: the port is taken, or this address or port may not be used here.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(
                    f"Port {port} of {host} is in use{user_of(port)}.",
                    f"Stop that program, or choose another port, such as: {variable}={port + 100} make run",
                ) from error
            raise Trouble(
                f"Port {port} of {host} cannot be used ({error.strerror}).", f"Set {variable} or HUIZHEN_BIND."
            ) from error


def user_of(port: int, proc: Path = Path("/proc")) -> str:
    """` by NAME (process N)` where Linux tells who listens, else nothing."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        rows = (proc / "net" / table).read_text().splitlines()[1:] if (proc / "net" / table).exists() else []
        fields = (row.split() for row in rows)
        inodes |= {row[9] for row in fields if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port}
    for link in proc.glob("[0-9]*/fd/*") if inodes else ():
        try:
            if os.readlink(link)[8:-1] in inodes:
                process = link.parents[1]
                return f" by {(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:
            continue
    return ""


def check_folder(folder: Path) -> None:
    """Make the folder where there is none and make sure that it can be written.

    Raises:
        Trouble: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".write-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise Trouble(
            f"The folder {folder} cannot be written ({error.strerror}).",
            "Give this user the right to write there, or set HUIZHEN_VAR to another folder.",
        ) from error


def room_left(folder: Path) -> str:
    """A warning where the disk is nearly full, else nothing."""
    free = shutil.disk_usage(folder).free
    if free > DISK_LOW_BYTES:
        return ""
    return (
        f"only {free // (1024 * 1024)} MB are free where {folder} lies: uploads and the database will fail soon; "
        "free some space, or set HUIZHEN_VAR to another disk"
    )


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder for one supervisor.

    Raises:
        Trouble: another one runs here.
    """
    with (folder / "supervisor.pid").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Trouble(
                f"Huizhen runs already in {folder} (process {lock.read().strip() or 'unknown'}).",
                "Use that one, or stop it there first (Ctrl-C).",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
