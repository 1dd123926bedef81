"""Tokens for the look-up: who may see whose results until when, signed by the web process, checked without a database.

Thirty-six bytes, written as 48 letters: the person's record (16), who asks (1), expiry in seconds (4), and a mark (15)
that only the house can make. A person whose records were joined has 16 bytes for each of them. A token is a bearer's:
short-lived, sent in a header, never in an address. Records that are taken apart again are apart when it expires.
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
RECORD, REST, MARK = 16, 5, 15
MOST_RECORDS = 32
MOST_LETTERS = (RECORD * MOST_RECORDS + REST + MARK + 2) // 3 * 4


class Asker(IntEnum):
    """Whose budget a question is counted against. The house itself gives tokens to citizens only; those at work read
    results on pages of the web process."""

    CITIZEN = 1
    STAFF = 2


class Said(NamedTuple):
    """What a good token says: `records` are the 16 bytes of `specimens.queries.person_key` for each record of the one
    person it is for."""

    records: tuple[bytes, ...]
    asker: Asker


class BadToken(Exception):
    """The token is not ours, was changed, or is too old. The argument is `forged` or `expired`."""


def mint_token(*records: UUID, asker: Asker, at: datetime) -> str:
    """A token for the results of one person, under all records that are theirs, good for fifteen minutes. The caller
    has checked access and audited.

    Raises:
        ValueError: no record, or more than `MOST_RECORDS`.
    """
    if not 1 <= len(records) <= MOST_RECORDS:
        raise ValueError(f"a token names 1 to {MOST_RECORDS} records, not {len(records)}")
    expires = int((at + GOOD_FOR).timestamp())
    said = b"".join(one.bytes for one in records) + bytes((asker,)) + expires.to_bytes(4, "big")
    return base64.urlsafe_b64encode(said + _mark(said)).decode()


def read_token(text: str, seconds: float) -> Said:
    """Check and open a token; `seconds` is the time since 1970.

    Raises:
        BadToken: forged or expired.
    """
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True) if len(text) <= MOST_LETTERS else b""
    except (binascii.Error, ValueError) as error:
        raise BadToken("forged") from error
    said, names = raw[:-MARK], len(raw) - MARK - REST
    if names < RECORD or names % RECORD or not hmac.compare_digest(_mark(said), raw[-MARK:]):
        raise BadToken("forged")
    if seconds >= int.from_bytes(said[names + 1 :], "big"):
        raise BadToken("expired")
    return Said(tuple(said[place : place + RECORD] for place in range(0, names, RECORD)), Asker(said[names]))


def _mark(said: bytes) -> bytes:
    return hmac.digest(_key(settings.SECRET_KEY), said, "sha256")[:MARK]


@cache
def _key(secret: str) -> bytes:
    return hashlib.sha256(PURPOSE + secret.encode()).digest()
