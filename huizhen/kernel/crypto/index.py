"""The blind index: a keyed fingerprint by which an encrypted value can be found without being read."""

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from huizhen.kernel.crypto.ciphers import derive

KEY_BYTES = 32


def blind(value: str, *, purpose: str) -> bytes:
    """The fingerprint (32 bytes) of a value for one purpose, such as `people.account.phone`.

    Equal values give equal fingerprints within a purpose only. The caller normalises first: full-width digits,
    spaces, `+86`, case. HMAC-SHA-256, or HMAC-SM3 where the cipher is `sm4`; changing the cipher needs the
    indexes to be computed anew.
    """
    return mac(value.encode(), purpose="index/" + purpose)


def mac(data: bytes, *, purpose: str, cipher: str = "") -> bytes:
    """A keyed digest (32 bytes) of bytes: HMAC-SHA-256 under `aes`, HMAC-SM3 under `sm4`; no cipher: the one set."""
    cipher = cipher or settings.CIPHER
    key = _key(settings.INDEX_KEY, purpose, cipher)
    if cipher != "sm4":
        return hmac.digest(key, data, "sha256")
    context = HMAC(key, hashes.SM3())
    context.update(data)
    return context.finalize()


@lru_cache(maxsize=256)
def _key(digits: str, purpose: str, cipher: str) -> bytes:
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured("HUIZHEN_INDEX_KEY is not 64 hex digits.")
    return derive(key, b"huizhen/" + purpose.encode(), 32, hashes.SM3() if cipher == "sm4" else hashes.SHA256())
