"""What has arrived of an upload that is not whole yet, as a seekable reader: one piece of it in memory at a time."""

import io
from bisect import bisect_right
from operator import itemgetter
from uuid import UUID

from huizhen.kernel import crypto
from huizhen.kernel.files.models import UploadPart
from huizhen.kernel.files.reading import PieceReader
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


class ArrivedReader(PieceReader):
    """Reads the pieces that were there when it was made."""

    def __init__(self, file_id: UUID) -> None:
        parts = UploadPart.objects.filter(file_id=file_id).order_by("offset")
        self._file_id = file_id
        self._parts = list(parts.values_list("offset", "size", "object_name"))
        super().__init__(sum(size for _, size, _ in self._parts))

    def _piece(self, at: int) -> tuple[int, bytes]:
        offset, _, name = self._parts[bisect_right(self._parts, at, key=itemgetter(0)) - 1]
        return offset, open_part(self._file_id, offset, name)
