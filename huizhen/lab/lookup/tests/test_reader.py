"""Coalesced reads: everybody gets their own, nothing older than the question, nobody waits for another's fault."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.lab.lookup import rules
from huizhen.lab.lookup.gate import LATEST, SOONEST, Budget
from huizhen.lab.lookup.reader import MOST_TOGETHER, Reader


def row(person: int, series: int = 1, version: int = 1, released: int = 100) -> rules.Row:
    return (UUID(int=person), UUID(int=series), 1, 1, version, 50, released)


class Table:
    """Rows that can change, behind a read that takes its time: it looks at the beginning and tells at the end."""

    def __init__(self) -> None:
        self.rows: dict[UUID, list[rules.Row]] = {}
        self.sizes: list[int] = []
        self.at_once = self.most_at_once = 0
        self.fails = False

    async def fetch(self, persons: Sequence[UUID]) -> list[rules.Row]:
        self.sizes.append(len(persons))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        seen = [found for person in persons for found in self.rows.get(person, [])]
        fails = self.fails
        for _ in range(3):
            await asyncio.sleep(0)
        self.at_once -= 1
        if fails:
            raise ConnectionError("away")
        return seen


@settings(max_examples=40)
@given(asking=st.lists(st.integers(0, 30), max_size=80), lanes=st.integers(1, 3), pause=st.integers(0, 5))
def test_each_gets_their_own_and_nobody_elses(asking: list[int], lanes: int, pause: int):
    async def ask() -> None:
        table = Table()
        table.rows = {UUID(int=person): [row(person, n) for n in range(person % 4)] for person in range(31)}
        reader = Reader(table.fetch, lanes)

        async def one(turn: int, person: int) -> None:
            for _ in range(turn * pause % 7):
                await asyncio.sleep(0)
            assert await reader.ask(UUID(int=person).bytes) == table.rows[UUID(int=person)]

        await asyncio.gather(*(one(turn, person) for turn, person in enumerate(asking)))
        assert table.most_at_once <= lanes
        assert reader.free_lanes == lanes

    asyncio.run(ask())


def test_records_that_are_joined_are_read_in_one_statement_and_nobody_elses_with_them():
    async def ask() -> None:
        table = Table()
        table.rows = {UUID(int=person): [row(person, person)] for person in range(1, 5)}
        reader = Reader(table.fetch, 1)
        first, alone = await asyncio.gather(
            reader.ask_all([UUID(int=1).bytes, UUID(int=3).bytes]), reader.ask_all([UUID(int=2).bytes])
        )
        assert (first, alone, table.sizes) == ([row(1, 1), row(3, 3)], [row(2, 2)], [3])
        table.fails = True
        with pytest.raises(ConnectionError, match="away"):
            await reader.ask_all([UUID(int=1).bytes, UUID(int=3).bytes])

    asyncio.run(ask())


def test_who_asks_while_a_statement_is_under_way_gets_the_next_one():
    async def ask() -> None:
        table, person = Table(), UUID(int=1)
        reader = Reader(table.fetch, 1)
        early = asyncio.ensure_future(reader.ask(person.bytes))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert table.at_once == 1, "the first statement has looked"
        table.rows[person] = [row(1)]
        assert await reader.ask(person.bytes) == [row(1)]
        assert await early == []

    asyncio.run(ask())


def test_one_statement_for_all_who_ask_at_once_and_none_too_long():
    async def ask() -> None:
        table = Table()
        reader = Reader(table.fetch, 2)
        many = MOST_TOGETHER * 2 + 10
        await asyncio.gather(*(reader.ask(UUID(int=n).bytes) for n in range(many)))
        assert sorted(table.sizes) == [10, MOST_TOGETHER, MOST_TOGETHER]

    asyncio.run(ask())


def test_a_fault_is_told_to_those_who_waited_and_the_next_are_read_for():
    async def ask() -> None:
        table, person = Table(), UUID(int=1)
        table.rows, table.fails = {person: [row(1)]}, True
        reader = Reader(table.fetch, 1)
        told = await asyncio.gather(*(reader.ask(person.bytes) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in told] == [ConnectionError] * 3
        table.fails = False
        assert await reader.ask(person.bytes) == [row(1)]

    asyncio.run(ask())


def test_who_goes_away_takes_nobodys_answer_along():
    async def ask() -> None:
        table, person = Table(), UUID(int=1)
        table.rows = {person: [row(1)]}
        reader = Reader(table.fetch, 1)
        leaving, staying = reader.ask(person.bytes), reader.ask(person.bytes)
        leaving.cancel()
        assert await staying == [row(1)]

    asyncio.run(ask())


def test_a_correction_replaces_and_the_latest_stands_first():
    rows = [row(1, 7, 1, 100), row(1, 8, 1, 300), row(1, 7, 2, 200)]
    found = json.loads(rules.answer(rows))["results"]
    assert [(entry["version"], entry["released_at"]) for entry in found] == [(1, 300), (2, 200)]
    assert json.loads(rules.answer([])) == {"results": []}


def test_a_budget_lets_so_many_wait_and_spreads_the_others():
    budget = Budget(2)
    assert [budget.enter() for _ in range(3)] == [True, True, False]
    budget.leave()
    assert budget.enter()
    said = set()
    for _ in range(50):
        assert not budget.enter()
        said.add(budget.come_again())
    assert said == set(range(SOONEST, LATEST + 1))
