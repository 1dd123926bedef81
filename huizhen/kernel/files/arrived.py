"""What has arrived of an upload that is not whole yet, as a seekable reader: one piece of it in memory at a time."""

import io
from bisect import bisect_right
from uuid import UUID

from huizhen.kernel import crypto
from huizhen.kernel.files.models import UploadPart
from huizhen.kernel.files.rules import MIB
from huizhen.kernel.files.storage import storage

PART = 4 * MIB


def open_arrived(file_id: UUID) -> io.BufferedReader:
    """The plain bytes that are counted so far, from the first on; empty where the upload is whole or was ended.

    Reading raises `ports.Missing` where the upload became whole meanwhile: then the file itself can be opened.
    """
    return io.BufferedReader(ArrivedReader(file_id), 2**16)


def bound_of(file_id: UUID, offset: int) -> bytes:
    """What a piece is sealed with: its upload and its place in it."""
    return b"huizhen/upload:" + file_id.bytes + offset.to_bytes(8, "big")


def open_part(file_id: UUID, offset: int, name: str) -> bytes:
    """The plain bytes of one piece. Raises Missing."""
    return crypto.decrypt(storage().get(name, 0, 2 * PART), bound=bound_of(file_id, offset))


class ArrivedReader(io.RawIOBase):
    """Reads the pieces that were there when it was made."""

    def __init__(self, file_id: UUID) -> None:
        parts = UploadPart.objects.filter(file_id=file_id).order_by("offset")
        self._file_id = file_id
        self._parts = list(parts.values_list("offset", "size", "object_name"))
        self._starts = [offset for offset, _, _ in self._parts]
        self.size = sum(size for _, size, _ in self._parts)
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; beyond the end is allowed and reads nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than any buffer: `io` hands in just this
        """Fill the buffer from one piece."""
        if self._at >= self.size or not len(buffer):
            return 0
        place = bisect_right(self._starts, self._at) - 1
        offset, _, name = self._parts[place]
        if self._held[0] != place:
            self._held = (place, open_part(self._file_id, offset, name))
        piece = self._held[1][self._at - offset :][: len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
