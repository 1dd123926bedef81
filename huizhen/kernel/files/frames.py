"""A content's bytes at rest: frames of 1 MiB, each sealed with its place, so that any part can be read alone.

Frame n is bound to the content, to n, and to whether it is the last: frames that were changed, swapped, taken from
another file or cut off do not open.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from cryptography.exceptions import InvalidTag

from huizhen.kernel.crypto import Unreadable
from huizhen.kernel.crypto.ciphers import CIPHERS, NONCE_BYTES, TAG_BYTES, Sealer

FRAME = 2**20
SEALED_FRAME = FRAME + NONCE_BYTES + TAG_BYTES


def sealer_of(cipher: str, key: bytes) -> Sealer:
    """The cipher of a content under its own key."""
    return CIPHERS[cipher](key)


def seal_frames(chunks: Iterable[bytes], sealer: Sealer, content_id: UUID) -> Iterator[bytes]:
    """Cut a stream into frames and seal each."""
    held, index = bytearray(), 0
    for chunk in chunks:
        held += chunk
        # One byte more than a frame must be known before it can be said that the frame is not the last.
        while len(held) > FRAME:
            yield sealer.seal(bytes(held[:FRAME]), _bound(content_id, index, last=False))
            del held[:FRAME]
            index += 1
    yield sealer.seal(bytes(held), _bound(content_id, index, last=True))


class FrameReader(io.RawIOBase):
    """The plain bytes of a content, seekable; reads and opens only the frames it is asked for.

    `fetch(start, end)` gives sealed bytes of the stored object.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], sealer: Sealer, content_id: UUID, size: int) -> None:
        self._fetch = fetch
        self._sealer = sealer
        self._content_id = content_id
        self._size = size
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
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than any buffer: `io` hands in just this
        """Fill the buffer from one frame.

        Raises:
            Unreadable: the frame was changed, moved or cut off.
        """
        if self._at >= self._size or not len(buffer):
            return 0
        index, inside = divmod(self._at, FRAME)
        piece = self._frame(index)[inside : inside + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _frame(self, index: int) -> bytes:
        if self._held[0] != index:
            self._held = (index, self._open(index))
        return self._held[1]

    def _open(self, index: int) -> bytes:
        last = (self._size - 1) // FRAME
        length = self._size - last * FRAME if index == last else FRAME
        start = index * SEALED_FRAME
        sealed = self._fetch(start, start + length + NONCE_BYTES + TAG_BYTES)
        try:
            plain = self._sealer.open(sealed, _bound(self._content_id, index, last=index == last))
        except (InvalidTag, ValueError):
            raise Unreadable(f"frame {index} of content {self._content_id}") from None
        return plain


def _bound(content_id: UUID, index: int, *, last: bool) -> bytes:
    return b"huizhen/file:" + content_id.bytes + index.to_bytes(8, "big") + bytes((last,))
