"""What the tests need beyond wheels: a browser, a Chinese font, Debian's own PostgreSQL 15, and the program that
reads systemd's units (it is installed, never started)."""

import os
import shutil
import subprocess
from pathlib import Path

from .environment import PYTHON
from .say import Stop, line, output, run, step

PACKAGES = ("chromium", "fonts-noto-cjk", "postgresql-15", "systemd")
POSTGRES = Path("/usr/lib/postgresql")
OLDEST_POSTGRES = 15
# Debian's package makes a cluster and starts it at installation, unless this file says otherwise.
CLUSTER_SETTING = Path("/etc/postgresql-common/createcluster.conf")


def ensure() -> None:
    """Install what is missing: Debian's packages when root, else Playwright's own browser."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install([package for package in PACKAGES if not _is_installed(package)])
    elif not _browser():
        with step("Fetching Playwright's own Chromium (this is not root on Debian)"):
            why = "Install a Chromium by hand (Debian: apt install chromium fonts-noto-cjk), then start again."
            run([PYTHON, "-m", "playwright", "install", "chromium-headless-shell"], why=why)


def second_postgres() -> Path | None:
    """The programs of the oldest PostgreSQL on this machine that is new enough, 15 first."""
    found = [folder for folder in POSTGRES.glob("*/bin") if (folder / "initdb").exists() and _major(folder)]
    fitting = sorted((folder for folder in found if _major(folder) >= OLDEST_POSTGRES), key=_major)
    return fitting[0] if fitting else None


def _install(missing: list[str]) -> None:
    if not missing:
        return
    if "postgresql-15" in missing and not CLUSTER_SETTING.exists():
        CLUSTER_SETTING.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_SETTING.write_text("create_main_cluster = false\n")
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing Debian's {', '.join(missing)}"):
        quiet = {"env": environ, "stdout": subprocess.DEVNULL}
        run(["apt-get", "update", "-qq"], why="Debian's package lists cannot be fetched; check the network.", **quiet)
        for package in missing:
            try:
                command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
                run(command, why=f"{package} cannot be installed.", **quiet)
            except Stop as stop:
                # Another release has other names; the tests that need it say so themselves.
                line(f"  {stop}")


def _is_installed(package: str) -> bool:
    if package == "chromium" and _browser():
        return True
    if package == "postgresql-15" and second_postgres():
        return True
    return output(["dpkg-query", "-W", "-f", "${db:Status-Status}", package]) == "installed"


def _browser() -> bool:
    playwright = Path.home() / ".cache" / "ms-playwright"
    return bool(shutil.which("chromium") or next(playwright.glob("chromium*"), None))


def _major(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0
