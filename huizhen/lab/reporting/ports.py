"""The platform as we see it: a batch is sent, or asked about. Every way a call can end has a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import httpx

from huizhen.kernel import clock

TIMES = httpx.Timeout(60, connect=5)
# Why nothing of us gets in, by the status of the answer (RFC 9110, section 15); every other 4xx is `request`.
SHUT_BY = {401: "password", 402: "password", 403: "password", 407: "password",
           301: "address", 308: "address", 307: "address", 404: "address", 405: "address", 410: "address",
           414: "address", 421: "address"}  # fmt: skip
CONTENT_REFUSED = frozenset({400, 422})
TRY_LATER = frozenset({408, 425, 429, 503})


class Outcome(StrEnum):
    """How a call ended. `ANSWERED` and `UNKNOWN` never allow to send all of it again."""

    ANSWERED = "answered"  # a receipt for each delivery that the platform can speak of yet
    REFUSED_WHOLE = "refused_whole"  # the batch, for what stands in it, without saying which of it
    TOO_LARGE = "too_large"  # the batch; no result of it is to blame
    SHUT = "shut"  # we are not let in: nothing was looked at, and no result is to blame
    BUSY = "busy"  # not now; nothing was taken
    NOT_ARRIVED = "not_arrived"  # the line could not be opened
    UNKNOWN = "unknown"  # sent, no answer: it may have arrived
    NEVER_HEARD = "never_heard"  # asked: the platform does not know the batch


@dataclass(frozen=True)
class Receipt:
    """The platform's word on one delivery: `accepted`, `duplicate` (it had it), `refused` with a reason, or `unknown`
    (it does not have it). Any other word settles nothing: the delivery is asked about, as one that is not named."""

    status: str
    receipt: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """How a call ended. `wait` in seconds where the platform said so; `why` it does not let us in (`models.Shut`)."""

    outcome: Outcome
    receipts: Mapping[UUID, Receipt] = field(default_factory=dict)
    wait: int = 0
    detail: str = ""
    why: str = ""


class Receiver(Protocol):
    """A platform."""

    def send(self, batch_id: UUID, payload: bytes, media_type: str) -> Answer:
        """Send a batch once."""

    def ask(self, batch_id: UUID) -> Answer:
        """Ask what became of a batch."""


class HttpReceiver:
    """A platform over HTTP: `POST <url>` with `Batch-Id`, `GET <url>/<batch id>`; both answer
    `{"receipts": [{"id", "status", "receipt", "reason"}]}`, 404 where the batch is not known."""

    def __init__(self, url: str, secret: str = "", client: httpx.Client | None = None) -> None:
        self.url = url.rstrip("/")
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.client = client or httpx.Client(timeout=TIMES, follow_redirects=False)

    def send(self, batch_id: UUID, payload: bytes, media_type: str) -> Answer:
        """Send a batch once. Only a line that could not be opened counts as not arrived."""
        headers = {**self.headers, "Content-Type": media_type, "Batch-Id": str(batch_id)}
        try:
            answer = self.client.post(self.url, content=payload, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Answer(Outcome.NOT_ARRIVED, detail=type(error).__name__)
        except httpx.HTTPError as error:
            return Answer(Outcome.UNKNOWN, detail=type(error).__name__)
        return _read(answer)

    def ask(self, batch_id: UUID) -> Answer:
        """Ask what became of a batch; asking changes nothing, so every failure is only `UNKNOWN`."""
        try:
            answer = self.client.get(f"{self.url}/{batch_id}", headers=self.headers)
        except httpx.HTTPError as error:
            return Answer(Outcome.UNKNOWN, detail=type(error).__name__)
        if answer.status_code == 404:
            return Answer(Outcome.NEVER_HEARD)
        return _read(answer) if answer.status_code == 200 else Answer(Outcome.UNKNOWN, detail=_status(answer))


def _read(answer: httpx.Response) -> Answer:
    """What the answer to a batch means. 409 says that the platform has something of this already, and 5xx that it broke
    while it worked: what was taken is to be asked for."""
    status = answer.status_code
    if status in TRY_LATER:
        return Answer(Outcome.BUSY, wait=_wait(answer), detail=_status(answer))
    if status in CONTENT_REFUSED:
        return Answer(Outcome.REFUSED_WHOLE, detail=_status(answer))
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return Answer(Outcome.TOO_LARGE, detail=_status(answer))
    if status in SHUT_BY or (400 <= status < 500 and status != httpx.codes.CONFLICT):
        return Answer(Outcome.SHUT, detail=_status(answer), why=SHUT_BY.get(status, "request"))
    if status >= 300:
        return Answer(Outcome.UNKNOWN, detail=_status(answer))
    try:
        receipts = {UUID(one["id"]): _receipt(one) for one in answer.json()["receipts"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        return Answer(Outcome.UNKNOWN, detail="unreadable answer")
    return Answer(Outcome.ANSWERED, receipts)


def _wait(answer: httpx.Response) -> int:
    """Retry-After in seconds, written as such or as a date (RFC 9110, section 10.2.3); 0 where it says nothing."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal() and said.isascii():
        return int(said)
    try:
        return max(0, int((parsedate_to_datetime(said) - clock.now()).total_seconds()))
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0


def _receipt(one: dict[str, Any]) -> Receipt:
    return Receipt(str(one["status"]), str(one.get("receipt", ""))[:80], str(one.get("reason", ""))[:120])


def _status(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code}"
