"""A provincial platform that ships with the product: it keeps a ledger, checks what it gets, and can misbehave in
every way that real ones do."""

import io
import json
import re
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from python_calamine import CalamineWorkbook

from huizhen.lab.reporting.ports import Answer, Outcome, Receipt

HOST = "127.0.0.1"
MOST_BYTES = 64 << 20
STATUSES = {Outcome.BUSY: 503, Outcome.NEVER_HEARD: 404, Outcome.REFUSED_WHOLE: 422, Outcome.SHUT: 401,
            Outcome.TOO_LARGE: 413}  # fmt: skip
MSH_10 = re.compile(rb"(?:^|\r)MSH\|(?:[^|\r]*\|){8}([0-9a-f-]{36})\|")


class Mood(StrEnum):
    """How the next call goes wrong."""

    LOSE_REQUEST = "lose_request"  # nothing arrives, no answer
    LOSE_ANSWER = "lose_answer"  # it arrives and is kept, no answer
    BUSY = "busy"  # 503, nothing taken
    DOWN = "down"  # the line cannot be opened
    TWICE = "twice"  # the network delivers it twice
    SLOW = "slow"  # it lies about for a while before it is taken
    LATE_ANSWER = "late_answer"  # taken at once, answered after a while
    RECEIPTS_LATER = "receipts_later"  # taken, answered without receipts; asked, it names half of them
    SHUT = "shut"  # 401: nobody is let in
    TOO_LARGE = "too_large"  # 413
    HALF = "half"  # half is taken; of the rest it says that it does not know it


@dataclass
class Platform:
    """The platform's own ledger. `poison` are deliveries it refuses; with `strict` a whole batch is refused for one."""

    accepted: dict[UUID, str] = field(default_factory=dict)
    duplicates: int = 0
    batches: dict[UUID, dict[UUID, Receipt]] = field(default_factory=dict)
    poison: set[UUID] = field(default_factory=set)
    strict: bool = False
    moods: deque[Mood] = field(default_factory=deque)
    delay: float = 0.0
    go: threading.Event = field(default_factory=threading.Event)  # ends every delay
    held: int = 0  # calls that are being delayed now
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, batch_id: UUID, payload: bytes, media_type: str) -> Answer:
        """Take a batch, in the mood that is next."""
        mood = self.moods.popleft() if self.moods else None
        if mood == Mood.DOWN:
            return Answer(Outcome.NOT_ARRIVED)
        if mood == Mood.BUSY:
            return Answer(Outcome.BUSY, wait=30)
        if mood == Mood.SHUT:
            return Answer(Outcome.SHUT, detail="HTTP 401", why="password")
        if mood == Mood.TOO_LARGE:
            return Answer(Outcome.TOO_LARGE, detail="HTTP 413")
        if mood == Mood.LOSE_REQUEST:
            return Answer(Outcome.UNKNOWN)
        if mood == Mood.SLOW:
            self._wait()
        answer = self.take(batch_id, payload, media_type, is_half=mood == Mood.HALF)
        if mood == Mood.RECEIPTS_LATER and answer.outcome == Outcome.ANSWERED:
            return Answer(Outcome.ANSWERED)
        if mood == Mood.LATE_ANSWER:
            self._wait()
        if mood == Mood.TWICE:
            answer = self.take(batch_id, payload, media_type)
        return Answer(Outcome.UNKNOWN) if mood == Mood.LOSE_ANSWER else answer

    def ask(self, batch_id: UUID) -> Answer:
        """What became of a batch."""
        if self.moods and self.moods[0] in (Mood.DOWN, Mood.LOSE_ANSWER):
            self.moods.popleft()
            return Answer(Outcome.UNKNOWN)
        if self.moods and self.moods[0] == Mood.LATE_ANSWER:
            self.moods.popleft()
            self._wait()
        with self.lock:
            known = self.batches.get(batch_id)
            if known and self.moods and self.moods[0] == Mood.RECEIPTS_LATER:
                self.moods.popleft()
                known = dict(list(known.items())[: len(known) // 2])
        return Answer(Outcome.NEVER_HEARD) if known is None else Answer(Outcome.ANSWERED, known)

    def take(self, batch_id: UUID, payload: bytes, media_type: str, *, is_half: bool = False) -> Answer:
        """Enter what arrived into the ledger: each delivery once, whatever comes."""
        ids = read_ids(payload, media_type)
        most = len(ids) // 2 if is_half else len(ids)
        with self.lock:
            if self.strict and self.poison & set(ids):
                return Answer(Outcome.REFUSED_WHOLE, detail="HTTP 422")
            receipts = {one: self._enter(one) for one in ids[:most]}
            receipts |= {one: self._enter(one) if one in self.accepted else Receipt("unknown") for one in ids[most:]}
            self.batches[batch_id] = receipts
        return Answer(Outcome.ANSWERED, receipts)

    def _wait(self) -> None:
        with self.lock:
            self.held += 1
        self.go.wait(self.delay)
        with self.lock:
            self.held -= 1

    def _enter(self, one: UUID) -> Receipt:
        if one in self.poison:
            return Receipt("refused", reason="patient_unknown")
        if one in self.accepted:
            self.duplicates += 1
            return Receipt("duplicate", self.accepted[one])
        self.accepted[one] = f"R{len(self.accepted) + 1:08d}"
        return Receipt("accepted", self.accepted[one])


def read_ids(payload: bytes, media_type: str) -> list[UUID]:
    """The deliveries in a payload, whatever its format: MSH-10, the observation's identifier, or the first column."""
    if "hl7" in media_type:
        return [UUID(found.decode()) for found in MSH_10.findall(payload)]
    if "fhir" in media_type:
        entries = json.loads(payload)["entry"]
        return [UUID(entry["resource"]["identifier"][0]["value"].removeprefix("urn:uuid:")) for entry in entries]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(payload)).get_sheet_by_index(0).to_python()
    return [UUID(str(row[0])) for row in rows[1:]]


class PlatformServer:
    """The platform over HTTP: `with PlatformServer() as served: served.url`."""

    def __init__(self, platform: Platform | None = None, port: int = 0) -> None:
        self.platform = platform or Platform()
        handler = type("Handler", (_Handler,), {"platform": self.platform})
        self.server = _Server((HOST, port), handler, bind_and_activate=True)
        self.url = f"http://{HOST}:{self.server.server_address[1]}/batches"

    def __enter__(self) -> "PlatformServer":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has died hears no answer; the ledger is the record."""


class _Handler(BaseHTTPRequestHandler):
    platform: Platform
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """A batch."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))
        batch = UUID(self.headers["Batch-Id"])
        self._reply(self.platform.send(batch, body, self.headers["Content-Type"]))

    def do_GET(self) -> None:
        """A question about a batch."""
        with suppress(ValueError):
            return self._reply(self.platform.ask(UUID(self.path.rpartition("/")[2])))
        return self._reply(Answer(Outcome.NEVER_HEARD))

    def _reply(self, answer: Answer) -> None:
        if answer.outcome in (Outcome.UNKNOWN, Outcome.NOT_ARRIVED):
            self.close_connection = True
            return
        receipts = [
            {"id": str(key), "status": one.status, "receipt": one.receipt, "reason": one.reason}
            for key, one in answer.receipts.items()
        ]
        body = json.dumps({"receipts": receipts}).encode()
        self.send_response(STATUSES.get(answer.outcome, 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if answer.wait:
            self.send_header("Retry-After", str(answer.wait))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: the ledger is the record."""


def read_moods(words: str) -> list[Mood]:
    """Moods as written on a command line, comma-separated, in the order of the calls; a word may stand there twice.

    Raises:
        ValueError: a word that names none; its text says which there are.
    """
    return [_read_mood(word.strip()) for word in words.split(",") if word.strip()]


def _read_mood(word: str) -> Mood:
    try:
        return Mood(word)
    except ValueError as error:
        raise ValueError(f"No mood is called {word!r}. There are: {', '.join(Mood)}.") from error


def main(port: int = 8790, *, mood: str = "", delay: float = 30.0, strict: bool = False) -> int:
    """Serve a platform until interrupted, for demonstrations and tests: whatever is sent here goes nowhere.

    --mood says how the next calls go wrong, one word for each, comma-separated: lose_request, lose_answer, busy, down,
    twice, slow, late_answer, receipts_later, half, shut, too_large; after the last all go well. --delay: how many
    seconds slow and late_answer take.
    --strict: a whole batch is refused for one result in it.
    """
    try:
        moods = read_moods(mood)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    platform = Platform(moods=deque(moods), delay=delay, strict=strict)
    with PlatformServer(platform, port=port), suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0
