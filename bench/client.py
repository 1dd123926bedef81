"""The clients of the API measurement, in a process of their own: a few connections kept open, each asking anew as
soon as it has its answer. Reads a plan as JSON from standard input, writes what happened to standard output.

The plan: `host`, `port`, `connections`, `seconds` (at most), `requests` (at most), `ask` (a list of whole requests as
text, sent in turn; `@KEY@` becomes a fresh idempotency key).
"""

import asyncio
import itertools
import json
import sys
import time
import uuid
from collections import Counter
from typing import Any

HEAD_END = b"\r\n\r\n"


class Run:
    """What all connections share: what to ask next, when to stop, and what was seen."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.questions = itertools.cycle(plan["ask"])
        self.left = int(plan["requests"])
        self.ends = time.perf_counter() + float(plan["seconds"])
        self.took: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.wrong = b""

    def next(self) -> bytes | None:
        """The next request; nothing when it is enough."""
        if self.left <= 0 or time.perf_counter() >= self.ends:
            return None
        self.left -= 1
        text = next(self.questions)
        return (text.replace("@KEY@", uuid.uuid4().hex) if "@KEY@" in text else text).encode()


class Connection(asyncio.Protocol):
    """One client: asks, waits for the whole answer, asks again."""

    def __init__(self, run: Run, done: asyncio.Future[None]) -> None:
        self.run, self.done = run, done
        self.buffer = b""
        self.asked_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        """Send the next request, or end."""
        request = self.run.next()
        if request is None:
            self.transport.close()
            return
        self.asked_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        status = whole(self.buffer)
        if status is None:
            return
        self.run.took.append(time.perf_counter() - self.asked_at)
        self.run.statuses[status] += 1
        if status >= 400 and not self.run.wrong:
            self.run.wrong = self.buffer[-400:]
        self.buffer = b""
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def whole(answer: bytes) -> int | None:
    """The status of an answer that has come completely; nothing for one that has not."""
    head, found, body = answer.partition(HEAD_END)
    if not found:
        return None
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(body) >= length else None
    chunked = b"transfer-encoding: chunked" in lower
    return int(head[9:12]) if not chunked or body.endswith(b"0" + HEAD_END) else None


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Carry out a plan."""
    loop, shared = asyncio.get_running_loop(), Run(plan)
    began = time.perf_counter()
    waiting = []
    for _ in range(plan["connections"]):
        done = loop.create_future()
        await loop.create_connection(lambda done=done: Connection(shared, done), plan["host"], plan["port"])
        waiting.append(done)
    await asyncio.gather(*waiting)
    return {
        "seconds": time.perf_counter() - began,
        "processor_seconds": time.process_time(),
        "took": shared.took,
        "statuses": shared.statuses,
        "wrong": shared.wrong.decode(errors="replace"),
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
