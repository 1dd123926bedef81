"""A content's bytes at rest: frames of 1 MiB, each sealed with its place, so that any part can be read alone.

Frame n is bound to the content, to n, and to whether it is the last: frames that were changed, swapped, taken from
another file or cut off do not open.
"""

from collections.abc import Callable, Iterable, Iterator
from uuid import UUID

from cryptography.exceptions import InvalidTag

from huizhen.kernel.crypto import Unreadable
from huizhen.kernel.crypto.ciphers import CIPHERS, NONCE_BYTES, TAG_BYTES, Sealer
from huizhen.kernel.files.reading import PieceReader

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


class FrameReader(PieceReader):
    """The plain bytes of a content, seekable; reads and opens only the frames it is asked for.

    `fetch(start, end)` gives sealed bytes of the stored object. Reading raises Unreadable where a frame was changed,
    moved or cut off.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], sealer: Sealer, content_id: UUID, size: int) -> None:
        super().__init__(size)
        self._fetch = fetch
        self._sealer = sealer
        self._content_id = content_id

    def _piece(self, at: int) -> tuple[int, bytes]:
        index, last = at // FRAME, (self.size - 1) // FRAME
        length = self.size - last * FRAME if index == last else FRAME
        start = index * SEALED_FRAME
        sealed = self._fetch(start, start + length + NONCE_BYTES + TAG_BYTES)
        try:
            return index * FRAME, self._sealer.open(sealed, _bound(self._content_id, index, last=index == last))
        except (InvalidTag, ValueError):
            raise Unreadable(f"frame {index} of content {self._content_id}") from None


def _bound(content_id: UUID, index: int, *, last: bool) -> bytes:
    return b"huizhen/file:" + content_id.bytes + index.to_bytes(8, "big") + bytes((last,))
