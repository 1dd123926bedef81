"""Instruments at work, in a process of their own: each of many connections sends a tube's result, waits for its
acknowledgement, and sends the next. Of every twentieth tube somebody asks the look-up until the result is there.

The plan comes as JSON on standard input, what was found goes to standard output.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from huizhen.lab.instruments import fakes
from huizhen.lab.instruments.codecs import mllp

SEATS = 10
ASK_EVERY, ASK_AGAIN_SECONDS, PATIENCE_SECONDS = 20, 0.05, 60.0


@dataclass
class Shift:
    """What all connections share: which tube is next, and what was seen."""

    plan: dict[str, Any]
    tokens: list[str]
    next: int = 0
    began: float = field(default_factory=time.monotonic)
    acknowledged: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    asking: set["asyncio.Task[None]"] = field(default_factory=set)

    async def take(self) -> int | None:
        """The number of the next tube, as soon as it is due; none when all are sent."""
        number, self.next = self.next, self.next + 1
        if number >= self.plan["count"]:
            return None
        if self.plan["per_second"]:
            due = self.began + number / self.plan["per_second"]
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return int(self.plan["first"]) + number


async def send(shift: Shift) -> None:
    """One instrument's connection."""
    reader, writer = await connect(shift.plan["port"])
    while (number := await shift.take()) is not None:
        asks = number % ASK_EVERY == 0
        before = await count_results(shift, number) if asks else 0
        sent = time.monotonic()
        writer.write(mllp.frame(fakes.hl7_message([barcode(number)])))
        answer = await asyncio.wait_for(reader.readuntil(mllp.FS), PATIENCE_SECONDS)
        if b"|AA|" not in answer and b"|CA|" not in answer:
            raise RuntimeError(answer.decode())
        shift.acknowledged.append(time.monotonic() - sent)
        if asks:
            task = asyncio.create_task(wait_for_result(shift, number, before, time.monotonic()))
            shift.asking.add(task)
            task.add_done_callback(shift.asking.discard)
    writer.close()


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection, as soon as somebody listens."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.1)


async def wait_for_result(shift: Shift, number: int, before: int, since: float) -> None:
    """Ask until the person finds one result more than before the tube was sent."""
    while await count_results(shift, number) <= before:
        await asyncio.sleep(ASK_AGAIN_SECONDS)
    shift.lags.append(time.monotonic() - since)


async def count_results(shift: Shift, number: int) -> int:
    """How many results the person in the tube's first seat finds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shift.plan["lookup_port"])
    token = shift.tokens[first_in(number, shift.plan["patients"])]
    head = "GET /lookup/results HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    if b" 200 " not in answer[:20]:
        return -1
    return len(json.loads(answer.partition(b"\r\n\r\n")[2])["results"])


async def work(plan: dict[str, Any]) -> dict[str, Any]:
    """Send everything and wait until what is asked for is there."""
    with open(plan["tokens"]) as file:
        shift = Shift(plan, file.read().split())
    await asyncio.gather(*(send(shift) for _ in range(plan["connections"])))
    sent = time.monotonic() - shift.began
    async with asyncio.timeout(PATIENCE_SECONDS):
        while shift.asking:
            await asyncio.wait(shift.asking)
    return {
        "sent_seconds": sent, "visible_seconds": time.monotonic() - shift.began,
        "acknowledged": shift.acknowledged, "lags": shift.lags, "processor_seconds": time.process_time(),
    }  # fmt: skip


def barcode(number: int) -> str:
    """The barcode of a tube, from 1."""
    return f"P{number:09d}"


def first_in(number: int, patients: int) -> int:
    """Who has the first seat of a tube, as a place in `list_people`."""
    return (number * SEATS + 1) % patients


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(json.load(sys.stdin)))))
