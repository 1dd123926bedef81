"""Tokens for the look-up: who may see whose results until when, signed by the web process, checked without a database.

Thirty-six bytes, written as 48 letters: person (16), who asks (1), expiry in seconds (4), and a mark (15) that only the
house can make. A token is a bearer's: short-lived, sent in a header, never in an address.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

GOOD_FOR = timedelta(minutes=15)
PURPOSE = b"huizhen.lab.lookup.token.v1"
LETTERS, SAID, MARK = 48, 21, 15


class Asker(IntEnum):
    """Whose budget a question is counted against, so that those at work get in while everybody asks."""

    CITIZEN = 1
    STAFF = 2


class Said(NamedTuple):
    """What a good token says: `person` is the 16 bytes of `specimens.queries.person_key`."""

    person: bytes
    asker: Asker


class BadToken(Exception):
    """The token is not ours, was changed, or is too old. The argument is `forged` or `expired`."""


def mint_token(person: UUID, *, asker: Asker, at: datetime) -> str:
    """A token for the results of one person, good for fifteen minutes. The caller has checked access and audited."""
    expires = int((at + GOOD_FOR).timestamp())
    said = person.bytes + bytes((asker,)) + expires.to_bytes(4, "big")
    return base64.urlsafe_b64encode(said + _mark(said)).decode()


def read_token(text: str, seconds: float) -> Said:
    """Check and open a token; `seconds` is the time since 1970.

    Raises:
        BadToken: forged or expired.
    """
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True) if len(text) == LETTERS else b""
    except (binascii.Error, ValueError) as error:
        raise BadToken("forged") from error
    said = raw[:SAID]
    if not raw or not hmac.compare_digest(_mark(said), raw[SAID:]):
        raise BadToken("forged")
    if seconds >= int.from_bytes(said[17:], "big"):
        raise BadToken("expired")
    return Said(said[:16], Asker(said[16]))


def _mark(said: bytes) -> bytes:
    return hmac.digest(_key(settings.SECRET_KEY), said, "sha256")[:MARK]


@cache
def _key(secret: str) -> bytes:
    return hashlib.sha256(PURPOSE + secret.encode()).digest()
