"""The databases that the look-up reads: the primary, and replicas as long as they are fresh.

A replica is fresh when it has replayed what the primary had written no more than `FRESH_SECONDS` ago, seen from here:
the primary's position is noted twice a second, and a replica stands at the newest note that it has passed. A replica
that fell behind, or does not answer, is left out until it has caught up; with none left the primary answers.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from huizhen.kernel import clock

# Promised is two seconds after release; a note and a statement take their part of it.
FRESH_SECONDS, LOOK_EVERY_SECONDS = 1.2, 0.4
STATEMENT_SECONDS, CONNECT_SECONDS = 2.0, 5.0
# How far back results are looked up; older ones stand in the person's history.
SHOWN_FOR = timedelta(days=14)
READ = """
SELECT person, series, item, finding, version,
       extract(epoch FROM collected_at)::int8, extract(epoch FROM released_at)::int8
  FROM lab_released WHERE person = ANY($1::uuid[]) AND released_at >= $2
"""
# One plan for all: the same index whatever the number of persons, and never compiled for a statement this small. And
# never the whole table: of a partition that has just begun nobody knows yet how full it is, and a plan that supposes
# it empty makes every answer eight times as dear until the statistics are made.
SESSION = {
    "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off", "application_name": "huizhen lookup"
}  # fmt: skip
FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger(__name__)


class Source:
    """One database, by its address as keywords of `asyncpg.connect`, with `lanes` connections."""

    def __init__(self, address: dict[str, Any], lanes: int) -> None:
        self.address, self.lanes = address, lanes
        self.pool: asyncpg.Pool | None = None
        self.opening = asyncio.Lock()
        self.fresh_at = 0.0

    async def read(self, persons: Sequence[UUID]) -> Sequence[Any]:
        """The rows of these persons, released within the last fourteen days.

        Raises:
            one of FAULTS: it cannot be reached, or did not answer in time.
        """
        pool = self.pool or await self._open()
        return await pool.fetch(READ, persons, clock.now() - SHOWN_FOR)

    async def position(self, function: str) -> int:
        """How far its log was written or replayed, in bytes; raises like `read`, and TypeError where it has none."""
        pool = self.pool or await self._open()
        return int(await pool.fetchval(f"SELECT {function}() - '0/0'::pg_lsn"))

    async def close(self) -> None:
        """Let go of the connections."""
        if self.pool is not None:
            self.pool.terminate()

    async def _open(self) -> asyncpg.Pool:
        async with self.opening:
            if self.pool is None:
                self.pool = await asyncpg.create_pool(
                    **self.address, min_size=1, max_size=self.lanes + 1, timeout=CONNECT_SECONDS,
                    command_timeout=STATEMENT_SECONDS, server_settings=SESSION, reset=_as_it_was,
                )  # fmt: skip
        return self.pool


async def _as_it_was(_connection: Any) -> None:
    """Nothing is set on a session here, so nothing is reset: a reset is a round trip of its own."""


class Sources:
    """Reads go to the fresh replicas in turn, else to the primary."""

    def __init__(self, primary: Source, replicas: Sequence[Source] = ()) -> None:
        self.primary, self.replicas = primary, list(replicas)
        self.notes: deque[tuple[float, int]] = deque(maxlen=64)
        self.turn = 0
        self.watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to watch the replicas. Each source is connected to when it is first asked."""
        if self.replicas:
            self.watch = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Let go of everything."""
        if self.watch:
            self.watch.cancel()
            with suppress(asyncio.CancelledError):
                await self.watch
        for source in (self.primary, *self.replicas):
            await source.close()

    async def read(self, persons: Sequence[UUID]) -> Sequence[Any]:
        """The rows of these persons from a fresh source.

        Raises:
            one of FAULTS: no source could answer.
        """
        source = self._choose()
        if source is self.primary:
            return await source.read(persons)
        try:
            return await source.read(persons)
        except FAULTS as error:
            source.fresh_at = 0.0
            log.warning("lookup.replica_failed", error=type(error).__name__)
            return await self.primary.read(persons)

    def _choose(self) -> Source:
        since = asyncio.get_running_loop().time() - FRESH_SECONDS
        fresh = [source for source in self.replicas if source.fresh_at >= since]
        self.turn += 1
        return fresh[self.turn % len(fresh)] if fresh else self.primary

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Note where the primary stands, and how old what each replica holds is."""
        at = asyncio.get_running_loop().time()
        try:
            self.notes.append((at, await self.primary.position("pg_current_wal_lsn")))
        except FAULTS:
            return
        await asyncio.gather(*(self._look_at(source) for source in self.replicas))

    async def _look_at(self, replica: Source) -> None:
        try:
            replayed = await replica.position("pg_last_wal_replay_lsn")
        except (*FAULTS, TypeError):  # TypeError: no position, because it is no replica
            return
        replica.fresh_at = max((at for at, position in self.notes if position <= replayed), default=0.0)
