"""Carrying out a write once, however often it is sent: the act and its kept answer are one transaction."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.api.idempotency.queries import COLUMN, KEPT_FOR, Answer, digest_key, find
from huizhen.api.idempotency.table import KeptAnswer
from huizhen.kernel import ids
from huizhen.kernel.crypto.sealed import SealedText
from huizhen.kernel.line import ask, together

# The one insert that decides. An answer older than a day that nobody has cleared yet makes room.
KEEP = """
INSERT INTO api_keptanswer AS kept (id, account_id, key, request, answer, at) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (account_id, key) DO UPDATE
   SET id = excluded.id, request = excluded.request, answer = excluded.answer, at = excluded.at
 WHERE kept.at <= %s
RETURNING id
"""


class InProgress(Exception):
    """The same key is being worked on at this moment."""


class OtherRequest(Exception):
    """The key was used for another request."""


def once(account_id: UUID, key: str, request: bytes, act: Callable[[], Answer], *, at: datetime) -> Answer:
    """Do `act` and keep its answer, or return the answer kept under this key. Where `act` raises, nothing is kept.

    Raises:
        InProgress; OtherRequest. And whatever `act` raises.
    """
    digest = digest_key(account_id, key)
    with transaction.atomic(), together():
        found = find(account_id, digest, at=at)
        if not found.free:
            raise InProgress
        if found.answer is not None:
            if found.request != request:
                raise OtherRequest
            return found.answer
        answer = act()
        _keep(account_id, digest, request, answer, at)
        return answer


def _keep(account_id: UUID, key: bytes, request: bytes, answer: Answer, at: datetime) -> None:
    identifier = ids.new_id()
    sealed = SealedText.close(json.dumps(asdict(answer), ensure_ascii=False), COLUMN, identifier)
    if not ask(KEEP, [identifier, account_id, key, request, sealed, at, at - KEPT_FOR]):
        # Somebody committed between our look and our lock; what we did is rolled back, the next try gets theirs.
        raise InProgress


def forget_old(*, at: datetime) -> int:
    """Delete answers older than a day; say how many."""
    with transaction.atomic():
        return KeptAnswer.objects.filter(at__lte=at - KEPT_FOR).delete()[0]
