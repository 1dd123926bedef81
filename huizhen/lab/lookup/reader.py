"""Coalesced reads: all who ask in the same few milliseconds share one statement, and each gets only their own rows.

A question is put to the database after it was asked, never before: whoever asks while a statement is under way waits
for the next one. So an answer is as fresh as the database it came from (see `sources.py` for replicas).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from huizhen.lab.lookup import rules

# Longer lists gain nothing per person and make the first of them wait for the last.
MOST_TOGETHER = 256

NONE: list[Any] = []

Answer = asyncio.Future[list[Any]]
Asked = dict[bytes, list[Answer]]
Fetch = Callable[[Sequence[UUID]], Awaitable[Sequence[Any]]]


class Reader:
    """Collects who asks and reads for them together, with at most `lanes` statements under way.

    `fetch` reads the rows (`rules.Row`) of many persons; what it raises is raised to each who waited for it.
    """

    def __init__(self, fetch: Fetch, lanes: int) -> None:
        self.fetch, self.free_lanes = fetch, lanes
        self.asked: Asked = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def ask(self, person: bytes) -> Answer:
        """The rows of a person, to be awaited. Who asks twice, or goes away, disturbs nobody else's answer."""
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        together = self.asked.get(person)
        if together is not None:
            together.append(answer)
            return answer
        self.asked[person] = [answer]
        if self.free_lanes:
            self.free_lanes -= 1
            # Not at once: whoever is ready in this turn of the loop comes along.
            loop.call_soon(self._start)
        return answer

    async def ask_all(self, records: Sequence[bytes]) -> list[Any]:
        """The rows of one person under all of their records; what is asked here goes into the same statement."""
        if len(records) == 1:
            return await self.ask(records[0])
        return list(chain.from_iterable(await asyncio.gather(*map(self.ask, records))))

    def _start(self) -> None:
        task = asyncio.get_running_loop().create_task(self._work())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _work(self) -> None:
        try:
            while self.asked:
                await self._read(self._take())
        finally:
            self.free_lanes += 1

    def _take(self) -> Asked:
        if len(self.asked) <= MOST_TOGETHER:
            taken, self.asked = self.asked, {}
            return taken
        return {person: self.asked.pop(person) for person in list(self.asked)[:MOST_TOGETHER]}

    async def _read(self, asked: Asked) -> None:
        try:
            rows = rules.sort_by_person(await self.fetch([UUID(bytes=person) for person in asked]))
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear of it
            for answer in chain.from_iterable(asked.values()):
                if not answer.done():
                    answer.set_exception(error)
            return
        for person, answers in asked.items():
            own = rows.get(person, NONE)
            for answer in answers:
                if not answer.done():
                    answer.set_result(own)
