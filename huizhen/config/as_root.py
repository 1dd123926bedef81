"""PostgreSQL refuses to run as root, so it runs as a system user of its own: made here, and let through to its files.

A clone often lies in a folder that only its owner may enter, such as root's home. The system user then gets the right
to pass through that folder (`o+x`) and nothing more: it cannot list it, and every file in it keeps its own permissions.
"""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from huizhen.config.trouble import Trouble

SYSTEM_USER = "pgserver"
WAYS_TO_ADD = (
    ("useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"),
    ("adduser", "-S", "-D", "-H", "-s", "/sbin/nologin"),
)


def is_root() -> bool:
    """Whether this process is root and PostgreSQL needs another user."""
    return os.geteuid() == 0


def system_user() -> pwd.struct_passwd:
    """The user the server runs as, made where there is none.

    Raises:
        Trouble: no program of this machine can add a user.
    """
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_user()
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise Trouble(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made.",
            f"Make a user named {SYSTEM_USER}, or start as an ordinary user.",
        ) from None


def _add_user() -> None:
    for program, *options in WAYS_TO_ADD:
        if shutil.which(program):
            subprocess.run([program, *options, SYSTEM_USER], check=False, capture_output=True)
            return


def give(folder: Path) -> None:
    """Make `folder` the server's own, closed to everybody else."""
    owner = system_user()
    if folder.stat().st_uid != owner.pw_uid:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def let_through(path: Path) -> list[Path]:
    """Let the system user pass through every folder above `path`; return those whose mode was changed."""
    changed = []
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH and not _owned_by_server(folder):
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            changed.append(folder)
    return changed


def let_read(tree: Path) -> None:
    """Let the system user read and start the programs under `tree`, where a strict umask forbade it."""
    if tree.stat().st_mode & stat.S_IROTH and tree.stat().st_mode & stat.S_IXOTH:
        return
    for path in [tree, *tree.rglob("*")]:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        runs = stat.S_IXOTH if path.is_dir() or mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | runs)


def _owned_by_server(folder: Path) -> bool:
    return folder.stat().st_uid == system_user().pw_uid
