"""The key ring: every key ever used, by id, with the one in use first."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huizhen.kernel.crypto.ciphers import CIPHERS, Sealer

VERSION = 1
KEY_BYTES = 32
LONGEST_ID = 60


@dataclass(frozen=True)
class Ring:
    """The ring in use. `header` opens every value sealed now; `sealers` finds the key of one sealed earlier."""

    header: bytes
    sealer: Sealer
    sealers: dict[tuple[int, bytes], Sealer]


def ring() -> Ring:
    """The ring of the settings, built once.

    Raises:
        ImproperlyConfigured: a key or the cipher cannot be read; the message never shows a key.
    """
    return _build(tuple(settings.KEY_RING), settings.CIPHER)


def header_of(cipher_code: int, key_id: bytes) -> bytes:
    """The bytes a sealed value begins with: version, cipher, length of the key's id, the id."""
    return bytes((VERSION, cipher_code, len(key_id))) + key_id


@lru_cache(maxsize=8)
def _build(entries: tuple[str, ...], cipher: str) -> Ring:
    if cipher not in CIPHERS:
        raise ImproperlyConfigured(f"HUIZHEN_CIPHER is {cipher!r}; it takes one of {', '.join(CIPHERS)}.")
    keys = dict(_read(entry, place) for place, entry in enumerate(entries, 1))
    if not keys or len(keys) != len(entries):
        raise ImproperlyConfigured("HUIZHEN_KEYS needs at least one key, and each id only once.")
    # Both ciphers under every key: changing the setting must leave the old values readable.
    sealers: dict[tuple[int, bytes], Sealer] = {
        (make.code, key_id): make(key) for key_id, key in keys.items() for make in CIPHERS.values()
    }
    current = (CIPHERS[cipher].code, next(iter(keys)))
    return Ring(header_of(*current), sealers[current], sealers)


def _read(entry: str, place: int) -> tuple[bytes, bytes]:
    key_id, _, digits = entry.partition(":")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if not key_id or len(key_id.encode()) > LONGEST_ID or len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"Key {place} of HUIZHEN_KEYS is not `id:64 hex digits`.")
    return key_id.encode(), key
