"""Where sealed bytes are kept: a Protocol, and a folder of this machine. `s3.py` is the other adapter."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class Missing(Exception):
    """The storage holds no object of this name."""


class StorageTrouble(Exception):
    """The storage does not answer or refuses; what was asked may be tried again."""


class Storage(Protocol):
    """Named objects, written whole and never changed. Names are `a/b/c` of safe characters."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store an object: after this it is there as a whole and survives a power cut; before, not at all."""

    def get(self, name: str, start: int, end: int) -> bytes:
        """The bytes from start to before end; fewer where the object is shorter. Raises `Missing`."""

    def delete(self, name: str) -> None:
        """Remove an object; no error where there is none."""

    def names(self, prefix: str) -> list[str]:
        """The objects below the folder `prefix`."""


class Folder:
    """Objects as files of one folder, written beside their place, flushed, then renamed into it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write, flush to the disk, rename, flush the folder. Raises `StorageTrouble`: a full disk, no permission."""
        place = self._root / name
        beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(beside, "xb", opener=_private) as out:
                for chunk in chunks:
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(place)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise StorageTrouble(f"{name}: {error.strerror}") from error
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        _sync_folder(place.parent)

    def get(self, name: str, start: int, end: int) -> bytes:
        """Read a range. Raises `Missing`."""
        try:
            with (self._root / name).open("rb") as source:
                source.seek(start)
                return source.read(end - start)
        except FileNotFoundError:
            raise Missing(name) from None

    def delete(self, name: str) -> None:
        """Remove the file, and its folder where that is empty now."""
        place = self._root / name
        place.unlink(missing_ok=True)
        try:
            place.parent.rmdir()
        except OSError:
            return

    def names(self, prefix: str) -> list[str]:
        """The files below, and what a power cut left half written, so that it is cleared too. A folder that somebody
        else removes meanwhile holds nothing."""
        walked = os.walk(self._root / prefix)
        return sorted(str((Path(at) / name).relative_to(self._root)) for at, _below, names in walked for name in names)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
