"""Seal and open bytes. A sealed value: version, cipher, key id, nonce, ciphertext, tag; the header is authenticated."""

from cryptography.exceptions import InvalidTag

from huizhen.kernel.crypto.ring import VERSION, header_of, ring

FIXED = 3


class Unreadable(Exception):
    """A sealed value does not open: changed, moved to another place, or its key is not on the ring."""


def encrypt(plain: bytes, *, bound: bytes) -> bytes:
    """Seal bytes. `bound` names the place the value belongs to; it opens nowhere else."""
    current = ring()
    return current.header + current.sealer.seal(plain, current.header + bound)


def decrypt(sealed: bytes, *, bound: bytes) -> bytes:
    """Open what `encrypt` sealed, under any cipher and any key of the ring.

    Raises:
        Unreadable: changed, moved, truncated, or sealed by a key that is not on the ring.
    """
    if len(sealed) < FIXED or sealed[0] != VERSION:
        raise Unreadable("not a sealed value of this version")
    key_id = sealed[FIXED : FIXED + sealed[2]]
    sealer = ring().sealers.get((sealed[1], key_id))
    if sealer is None:
        raise Unreadable("its key is not on the ring")
    header = header_of(sealed[1], key_id)
    try:
        return sealer.open(sealed[len(header) :], header + bound)
    except (InvalidTag, ValueError):
        raise Unreadable("changed, or moved from its place") from None


def is_current(sealed: bytes) -> bool:
    """Whether the value was sealed by the cipher and key in use now."""
    return sealed.startswith(ring().header)


def current_header() -> bytes:
    """What values sealed now begin with: lets the database find those that do not."""
    return ring().header
