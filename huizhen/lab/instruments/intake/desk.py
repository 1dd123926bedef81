"""Stores what came off the lines: many messages in one commit, none acknowledged before it.

A gathering of messages goes to one thread with one connection. While it commits, the next gather; so a commit costs
the same for one line as for hundreds. A database that is away is waited for: the lines then wait too, and nothing is
acknowledged that is not on disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection
from prometheus_client import Counter, Gauge

from huizhen.kernel import clock
from huizhen.lab.instruments import actions, asking, downloading, ports, queries, rules
from huizhen.lab.instruments.in_use import InUse
from huizhen.lab.instruments.intake.senders import Known, identity_of, known, stranger, who
from huizhen.lab.instruments.intake.steps import Sent, Take, new_control_id
from huizhen.lab.instruments.models import OrderDownload, ResultRequest, State
from huizhen.lab.instruments.received import Kept, NotKept, Received, made_plain

AT_ONCE = 500
WAITING = 2_000  # messages in memory before the lines are made to wait
LONGEST_PAUSE_SECONDS = 5.0
WAKE_WITHIN_SECONDS = 0.05
ANSWER = "answer"  # the name of what is sent because it was asked for
Result = TypeVar("Result")
Pair = tuple[Received, "asyncio.Future[Kept]"]

MESSAGES = Counter("huizhen_intake_messages_total", "Messages of instruments", ["protocol", "outcome"])
CONNECTIONS = Gauge("huizhen_intake_connections", "Open connections of instruments")
STORING = Gauge("huizhen_intake_waiting", "Messages that wait to be stored")

log = structlog.get_logger(__name__)


class Desk:
    """What all lines share: who is known, and the one way to storage."""

    def __init__(self) -> None:
        self.known: tuple[Known, ...] = ()
        self._queue: asyncio.Queue[Pair] = asyncio.Queue(WAITING)
        self._is_storing = False
        self._is_over = False
        self._is_wake_due = False
        self._waking: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, "store")
        self._asking = ThreadPoolExecutor(1, "ask")

    # --- for the lines ---------------------------------------------------------------------------------------------
    async def keep(self, take: Take, instrument: Known | None, *, protocol: str, host: str, peer: str) -> Kept:
        """Store a message; returns when it is committed. Raises NotKept: it must not be acknowledged."""
        state = state_of(take, is_known=instrument is not None)
        sender = instrument.sender if instrument else stranger(host, identity_of(take.payload))
        one = Received(
            sender, instrument.id if instrument else None, protocol, peer, take.payload, clock.now(), state,
            take.faults,
        )  # fmt: skip
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        await self._queue.put((one, future))
        if self._is_over:
            raise NotKept
        kept = await future
        MESSAGES.labels(protocol, "new" if kept.is_new else "repeated").inc()
        if take.denies and instrument:
            await self.ask(lambda: actions.note_nothing(instrument.id, at=clock.now()))
        return kept

    def caller(self, payload: bytes, *, host: str, port: int) -> Known | None:
        """The instrument that sent this, by address and by what it says of itself."""
        return who(self.known, host=host, port=port, identity=identity_of(payload))

    async def orders(self, specimens: Sequence[str], instrument: Known | None) -> dict[str, tuple[ports.Order, ...]]:
        """The orders of specimens; an unknown caller gets none."""
        if instrument is None:
            return dict.fromkeys(specimens, ())
        place = instrument.organisation_id
        return await self.ask(lambda: {one: ports.orders_of(one, organisation_id=place) for one in specimens})

    async def downloads(self, instruments: Sequence[Known]) -> list[OrderDownload]:
        """What is to be sent to these instruments now, claimed for this process."""
        keys = [one.id for one in instruments]
        return await self.ask(lambda: actions.claim_downloads(keys, at=clock.now())) if keys else []

    async def requests(self, instruments: Sequence[Known]) -> list[ResultRequest]:
        """What these instruments are to be asked now, claimed for this process."""
        keys = [one.id for one in instruments]
        return await self.ask(lambda: actions.claim_requests(keys, at=clock.now())) if keys else []

    async def write_download(self, download: OrderDownload, instrument: Known) -> bytes:
        """The message that brings orders or calls them off."""
        profile = instrument.profile
        return downloading.write(download, profile, new_control_id, at=clock.now()) if profile else b""

    async def write_request(self, request: ResultRequest, instrument: Known) -> bytes:
        """The message that asks; empty, and the request at its end, where there is nothing to ask for."""

        def write() -> bytes:
            at, profile = clock.now(), instrument.profile
            place = instrument.organisation_id
            payload = asking.write(request, profile, place, new_control_id, at=at) if profile else b""
            if not payload:
                actions.note_request(request.id, arrived=False, why="no_orders", at=at)
            return payload

        return await self.ask(write)

    async def note_sent(self, sent: Sent) -> None:
        """What became of a download; answers to questions are asked for again by the instrument itself. Where the
        database is away nothing is noted, and the download is given back by and by."""
        if sent.name == ANSWER:
            return
        try:
            await self.ask(lambda: _note_sent(sent))
        except (OperationalError, InterfaceError) as error:
            log.warning("end of a download not noted", error=str(error).splitlines()[0])

    async def ask(self, question: Callable[[], Result]) -> Result:
        """Run something that reads or writes the database, beside the storing."""
        return await asyncio.get_running_loop().run_in_executor(self._asking, _with_connection, question)

    @property
    def is_idle(self) -> bool:
        """Whether everything that came is stored, and the matcher told."""
        return self._queue.empty() and not self._is_storing and not self._waking

    async def close(self) -> None:
        """Give the connections to the database back."""
        for pool in (self._thread, self._asking):
            await asyncio.get_running_loop().run_in_executor(pool, lambda: connection.close())
            pool.shutdown(wait=False)

    # --- storing ---------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Store gatherings, one after the other, for as long as the process lives. When this ends nothing is kept any
        more, and whoever waits is told so."""
        gathering: list[Pair] = []
        try:
            while True:
                gathering = [await self._queue.get()]
                gathering += self._waiting(AT_ONCE - 1)
                STORING.set(self._queue.qsize())
                self._is_storing = True
                await self._store(gathering)
                self._is_storing = False
        finally:
            self._is_over, self._is_storing = True, False
            for _, future in gathering + self._waiting(WAITING):
                _refuse(future)

    def _waiting(self, most: int) -> list[Pair]:
        return [self._queue.get_nowait() for _ in range(min(most, self._queue.qsize()))]

    async def _store(self, gathering: list[Pair]) -> None:
        try:
            stored = await self._patiently([one for one, _ in gathering])
        except Exception:
            log.warning("what came cannot be stored together", exc_info=True, count=len(gathering))
            for pair in gathering:  # one of them is at fault: the others must not suffer
                await self._store_alone(pair)
            return
        for pair, kept in zip(gathering, stored, strict=True):
            self._stored(pair, kept)

    async def _store_alone(self, pair: Pair) -> None:
        """Store one message apart from the others: as it is, else with what is written beside its bytes made plain."""
        one, future = pair
        for attempt in (one, made_plain(one)):
            try:
                [kept] = await self._patiently([attempt])
            except Exception:
                log.exception("a message cannot be stored", size=len(one.payload))
            else:
                self._stored((attempt, future), kept)
                return
        _refuse(future)

    def _stored(self, pair: Pair, kept: Kept) -> None:
        one, future = pair
        if not future.done():
            future.set_result(kept)
        if one.state == State.KEPT and not self._is_wake_due:
            self._is_wake_due = True
            task = asyncio.create_task(self._wake())
            self._waking.add(task)
            task.add_done_callback(self._waking.discard)

    async def _wake(self) -> None:
        """Have what is stored read: once for all that comes in a moment, and no instrument waits for it. What is stored
        stays stored also where waking fails: a periodic job looks too."""
        await asyncio.sleep(WAKE_WITHIN_SECONDS)
        self._is_wake_due = False  # what is stored from here on wakes anew
        try:
            await self.ask(actions.wake_matcher)
        except (OperationalError, InterfaceError):
            log.warning("matcher not woken")

    async def _patiently(self, batch: list[Received]) -> list[Kept]:
        pause = 0.2
        while True:
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, _keep, batch)
            except (OperationalError, InterfaceError) as error:
                log.warning("storage is away; instruments wait", error=str(error).splitlines()[0], count=len(batch))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def load_known(self) -> None:
        """Learn anew which instruments there are and how they are read."""
        self.known = await self.ask(_load)


def state_of(take: Take, *, is_known: bool) -> State:
    """How a message stands when it comes. A broken one is kept to be looked at: its sender begins anew, or speaks
    something else."""
    if is_known and rules.is_broken(take.faults):
        return State.SET_ASIDE
    if take.question or take.denies or take.answers:
        return State.ANSWERED
    return State.KEPT if is_known else State.UNCLAIMED


def _refuse(future: "asyncio.Future[Kept]") -> None:
    if not future.done():
        future.set_exception(NotKept())


def _note_sent(sent: Sent) -> None:
    if sent.name.startswith(asking.MARK):
        key, why = UUID(sent.name.removeprefix(asking.MARK)), "not_taken" if sent.refused else ""
        actions.note_request(key, arrived=sent.arrived, why=why, at=clock.now())
    else:
        actions.note_download(UUID(sent.name), arrived=sent.arrived, refused=sent.refused)


def _keep(batch: list[Received]) -> list[Kept]:
    return _with_connection(lambda: actions.keep_messages(batch, at=clock.now()))


def _with_connection(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (OperationalError, InterfaceError):
        connection.close()
        raise


def _load() -> tuple[Known, ...]:
    rows = queries.active_instruments()
    profiles = InUse(rows)
    return tuple(known(row, profiles.of(row)) for row in rows)
