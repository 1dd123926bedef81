"""A seekable reader over bytes that come in pieces: whoever gives the piece that holds a place has a file to read."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the type checker's own module: nothing to import at run time
    from _typeshed import WriteableBuffer


class PieceReader(io.RawIOBase, ABC):
    """The bytes of `size` in all, one piece of them in memory at a time."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._at = 0
        self._held: tuple[int, bytes] = (0, b"")

    @abstractmethod
    def _piece(self, at: int) -> tuple[int, bytes]:
        """The piece that holds the byte `at`, and the place of its first byte."""

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

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from one piece; 0 at the end. Raises whatever the piece raises."""
        wanted = memoryview(buffer).cast("B")
        if self._at >= self.size or not wanted:
            return 0
        start, held = self._held
        if not start <= self._at < start + len(held):
            start, held = self._held = self._piece(self._at)
        piece = held[self._at - start :][: len(wanted)]
        wanted[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
