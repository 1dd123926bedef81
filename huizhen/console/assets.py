"""Reads Vite's manifest: which hashed files an entry of `ui/src` became."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

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
