"""What is kept under a key, and the lock that lets one request at a time through."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel.crypto import mac
from huizhen.kernel.crypto.sealed import SealedText
from huizhen.kernel.line import ask

KEPT_FOR = timedelta(hours=24)
COLUMN = "api_keptanswer.answer"

FIND = """
SELECT hold.free, kept.id, kept.request, kept.answer
  FROM (SELECT pg_try_advisory_xact_lock(%s) AS free) hold
  LEFT JOIN api_keptanswer kept ON kept.account_id = %s AND kept.key = %s AND kept.at > %s
"""


@dataclass(frozen=True)
class Answer:
    """An answer as it is kept: status, the headers that belong to it, and the body."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Found:
    """`free`: nobody else works under this key now. `request` and `answer` where one is kept."""

    free: bool
    request: bytes | None
    answer: Answer | None


def digest_key(account_id: UUID, key: str) -> bytes:
    """The key as it is stored: of one account only."""
    return mac(account_id.bytes + key.encode(), purpose="api/idempotency-key")


def digest_request(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same one."""
    return mac(f"{method} {path}\n".encode() + body, purpose="api/request")


def find(account_id: UUID, key: bytes, *, at: datetime) -> Found:
    """Lock a key until the transaction ends, without waiting, and read what is kept under it."""
    lock = int.from_bytes(key[:8], signed=True)
    free, identifier, request, sealed = ask(FIND, [lock, account_id, key, at - KEPT_FOR])[0]
    if identifier is None:
        return Found(free, None, None)
    return Found(free, bytes(request), Answer(**json.loads(SealedText(bytes(sealed), COLUMN).open(identifier))))
