"""The Python side: `.venv`, a pinned uv, and exactly what `uv.lock` names, each file checked by its hash."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .say import ROOT, VAR, Stop, output, run, step

UV_VERSION = "0.13.9"
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
TOOLS = VAR / "tools"
STAMP = VENV / "huizhen-installed.json"
NETWORK = "Look at the lines above; if they speak of the network, check it (and pip's index setting), then start again."


def ensure(*, dev: bool) -> None:
    """Make `.venv` hold what the lock names; nothing happens where it does already.

    Raises:
        Stop: no virtual environment can be made here, or a package cannot be fetched.
    """
    wanted = {"lock": _digest(), "python": sys.version.split()[0], "root": str(ROOT)}
    have = _stamp()
    if PYTHON.exists() and all(have.get(key) == value for key, value in wanted.items()) and (have["dev"] or not dev):
        return
    dev = dev or bool(have.get("dev"))
    if have.get("python") != wanted["python"] or have.get("root") != wanted["root"] or not _works():
        _make_venv()
    uv = uv_program()
    with step("Installing the packages of uv.lock" + (" with those for tests" if dev else "")):
        _install(uv, dev=dev)
    _install_project()
    STAMP.write_text(json.dumps(wanted | {"dev": dev}))


def uv_program() -> Path:
    """The pinned uv under `var/tools`, fetched by pip at the first use."""
    folder = TOOLS / f"uv-{UV_VERSION}"
    program = folder / "bin" / "uv"
    if program.exists():
        return program
    with step(f"Fetching uv {UV_VERSION}"):
        shutil.rmtree(folder, ignore_errors=True)
        pip = [PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, f"uv=={UV_VERSION}"]
        run(pip, why=NETWORK)
    return program


def index_environment() -> dict[str, str]:
    """The environment for uv: it uses the package index, mirror and certificates that pip is set to."""
    environ = dict(os.environ)
    for variable, option in (
        ("UV_DEFAULT_INDEX", "index-url"),
        ("UV_INDEX", "extra-index-url"),
        ("UV_FIND_LINKS", "find-links"),
    ):
        found = output([PYTHON, "-m", "pip", "config", "get", f"global.{option}"])
        found = os.environ.get("PIP_" + option.upper().replace("-", "_"), found)
        if found and variable not in environ:
            environ[variable] = " ".join(found.split())
    if "PIP_CERT" in environ:
        environ.setdefault("SSL_CERT_FILE", environ["PIP_CERT"])
    return environ | {"VIRTUAL_ENV": str(VENV), "UV_PROJECT_ENVIRONMENT": str(VENV)}


def _digest() -> str:
    lock, project = (ROOT / "uv.lock").read_bytes(), (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(lock + project + UV_VERSION.encode()).hexdigest()


def _stamp() -> dict:
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def _works() -> bool:
    return output([PYTHON, "-m", "pip", "--version"]) != ""


def _make_venv() -> None:
    with step(f"Making .venv with Python {sys.version.split()[0]}"):
        made = _try_venv()
        if made and os.geteuid() == 0 and shutil.which("apt-get"):
            # Debian keeps `ensurepip` in a package of its own.
            version = f"python3.{sys.version_info.minor}-venv"
            subprocess.run(["apt-get", "install", "-y", "-qq", version], check=False, stdout=subprocess.DEVNULL)
            made = _try_venv()
        if made:
            raise Stop(
                f"A virtual environment cannot be made here: {made}. Nothing else was changed. "
                "On Debian or Ubuntu: apt install python3-venv; then start again."
            )


def _try_venv() -> str:
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()[-300:]


def _install(uv: Path, *, dev: bool) -> None:
    listed = VAR / "requirements.txt"
    listed.parent.mkdir(parents=True, exist_ok=True)
    groups = ["--group", "dev"] if dev else ["--no-default-groups"]
    export = [uv, "export", "--frozen", "--no-emit-project", "--no-header", "-q", *groups, "-o", listed]
    environ = index_environment()
    run(
        export,
        why="uv.lock cannot be read; `git checkout uv.lock` brings it back.",
        env=environ,
        stdout=subprocess.DEVNULL,
    )
    install = [uv, "pip", "install", "--require-hashes", "--compile-bytecode", "--python", PYTHON, "-r", listed]
    if not sys.stderr.isatty():
        install.append("-q")
    # As with pip, any of the indexes may serve a file: its hash says whether it is the right one.
    run(install, why=NETWORK, env={"UV_INDEX_STRATEGY": "unsafe-best-match", **environ})


def _install_project() -> None:
    """Make the working tree importable and `huizhen` a command, without building anything."""
    site = Path(output([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))
    (site / "huizhen.pth").write_text(f"{ROOT}\n")
    command = BIN / "huizhen"
    command.write_text(
        f"#!{PYTHON}\nimport sys\n\nfrom huizhen.config.cli import main\n\nsys.exit(main(sys.argv[1:]))\n"
    )
    command.chmod(0o755)
