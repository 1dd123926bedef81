"""Reads Vite's manifest: which hashed files an entry of `ui/src` became."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

FOLDER = Path(settings.ROOT) / "ui" / "dist"


@dataclass(frozen=True)
class Entry:
    """The files one entry needs, as paths below the static address."""

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


def entry(name: str) -> Entry | None:
    """The files of `ui/src/<name>`; nothing where the assets have not been built.

    Raises:
        KeyError: the manifest has no such entry.
    """
    manifest = FOLDER / "manifest.json"
    if not manifest.exists():
        return None
    return _read(manifest, manifest.stat().st_mtime_ns if settings.DEBUG else 0, name)


@lru_cache(maxsize=32)
def _read(manifest: Path, _changed: int, name: str) -> Entry:
    files = json.loads(manifest.read_text())
    here = files[f"src/{name}"]
    styles = list(here.get("css", ()))
    for other in here.get("imports", ()):
        styles += files[other].get("css", ())
    return Entry((here["file"],), tuple(dict.fromkeys(styles)))


def closure(names: tuple[str, ...]) -> set[str]:
    """Every file that these entries need, with what they import at once; empty where nothing is built.

    Raises:
        KeyError: as `entry`.
    """
    files = _manifest()
    waiting, found = [f"src/{name}" for name in names if files], set()
    seen: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        found |= {files[key]["file"], *files[key].get("css", ()), *files[key].get("assets", ())}
        waiting += files[key].get("imports", ())
    return found


def read_file(name: str) -> str | None:
    """The text that `ui/src/<name>` became; nothing where the assets have not been built."""
    found = _manifest().get(f"src/{name}")
    return (FOLDER / found["file"]).read_text() if found else None


def _manifest() -> dict[str, Any]:
    manifest = FOLDER / "manifest.json"
    return json.loads(manifest.read_text()) if manifest.exists() else {}
