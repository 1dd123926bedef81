"""A process that has grown ends when it has nothing to do, and not before."""

import asyncio
import signal

import pytest

from huizhen.config import growth
from huizhen.config.growth import Work, end_when_grown, resident


@pytest.fixture
def tick(monkeypatch):
    """A clock that only the test moves."""
    now = [100.0]
    monkeypatch.setattr(growth.time, "monotonic", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def test_calm_is_when_nothing_is_under_way_and_nothing_was_for_a_while(tick):
    work = Work()
    assert work.is_calm()
    began = work.begin()
    tick(3)
    assert not work.is_calm()
    assert work.end(began) == 3
    assert not work.is_calm()
    tick(16)
    assert work.is_calm()


def test_a_job_that_only_looks_is_no_work(tick):
    work = Work()
    began = work.begin()
    tick(0.1)
    work.end(began)
    assert work.is_calm()


def test_a_grown_process_is_asked_to_end_once_it_is_calm(monkeypatch):
    monkeypatch.setattr(growth, "LOOK_EVERY_SECONDS", 0.01)
    sizes = iter([10, 10, 200, 200, 200, 200])
    monkeypatch.setattr(growth, "resident", lambda: next(sizes, 200))
    work = Work(under_way=1)

    async def live() -> list[str]:
        told = []
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: (told.append("end"), asked.set()))
        waiting = asyncio.create_task(end_when_grown(work, most=100))
        await asyncio.sleep(0.2)
        told.append("done")
        work.under_way = 0
        await asyncio.wait_for(asked.wait(), 5)
        await waiting
        return told

    assert asyncio.run(live()) == ["done", "end"]


def test_a_process_that_did_not_grow_stays(monkeypatch):
    monkeypatch.setattr(growth, "LOOK_EVERY_SECONDS", 0.01)
    work = Work()

    async def live() -> None:
        await asyncio.wait_for(end_when_grown(work, most=10**12), 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(live())


def test_a_process_knows_its_size():
    before = resident()
    held = bytearray(b"x" * 50_000_000)
    assert resident() - before > 40_000_000
    del held
