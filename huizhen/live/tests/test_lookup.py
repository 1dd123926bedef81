"""The look-up on a real database and a real streaming replica, asked through its own interface."""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from huizhen.config import embedded
from huizhen.kernel import clock, ids
from huizhen.kernel.pulse.hearing import database_address
from huizhen.lab.lookup.sources import FRESH_SECONDS, LOOK_EVERY_SECONDS, READ, SHOWN_FOR
from huizhen.lab.lookup.tokens import Asker, mint_token
from huizhen.live.lookup import ADDRESS, Lookup, Source, Sources
from tests import servers

ANNA, BORIS = UUID(int=1), UUID(int=2)
RELEASE = """
INSERT INTO lab_released (person, series, item, finding, version, collected_at, released_at)
VALUES (%s, %s, 1, %s, 1, %s, %s)
"""

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_jobs")]


class Protocol:
    """What Granian hands over, keeping what was answered."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, {}, b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, dict(headers), body

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.response_bytes(status, headers, body.encode())

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")


def release(person: UUID, finding: int) -> None:
    """A result becomes visible."""
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [person, ids.new_id(), finding, at - timedelta(hours=6), at])


def token_of(person: UUID, asker: Asker = Asker.CITIZEN) -> str:
    return mint_token(person, asker=asker, at=clock.now())


def make_lookup(sources: Sources | None = None, **budgets: int) -> Lookup:
    sources = sources or Sources(Source(database_address(), 2))
    return Lookup(sources, lanes=2, origin=settings.PUBLIC_URL, **({"citizens": 50, "staff": 50} | budgets))


async def ask(lookup: Lookup, token: str, method: str = "GET", path: str = ADDRESS) -> Protocol:
    answered = Protocol()
    headers = {"authorization": f"Bearer {token}"} if token else {}
    await lookup.__rsgi__(SimpleNamespace(path=path, method=method, headers=headers), answered)
    return answered


def findings(answered: Protocol) -> list[int]:
    assert answered.status == 200, answered.body
    return [entry["finding"] for entry in json.loads(answered.body)["results"]]


def run(lookup: Lookup, work: Any) -> Any:
    async def whole() -> Any:
        await lookup.sources.open()
        try:
            return await work()
        finally:
            await lookup.sources.close()

    return asyncio.run(whole())


def test_each_sees_their_own_as_soon_as_it_is_released():
    lookup = make_lookup()
    release(ANNA, 1)

    async def work() -> None:
        anna, boris = await asyncio.gather(ask(lookup, token_of(ANNA)), ask(lookup, token_of(BORIS)))
        assert (findings(anna), findings(boris)) == ([1], [])
        await asyncio.to_thread(release, BORIS, 2)
        assert findings(await ask(lookup, token_of(BORIS))) == [2]
        assert anna.headers["cache-control"] == "no-store"

    run(lookup, work)


def test_records_that_were_joined_are_answered_together_and_apart_again_with_the_next_token():
    lookup, clara = make_lookup(), UUID(int=3)
    for person, finding in ((ANNA, 1), (BORIS, 2), (clara, 3)):
        release(person, finding)

    async def work() -> None:
        joined = mint_token(ANNA, clara, asker=Asker.CITIZEN, at=clock.now())
        both, other = await asyncio.gather(ask(lookup, joined), ask(lookup, token_of(BORIS)))
        assert (sorted(findings(both)), findings(other)) == ([1, 3], [2])
        assert findings(await ask(lookup, token_of(ANNA))) == [1]

    run(lookup, work)


def test_in_a_week_that_has_just_begun_nobody_reads_the_whole_table():
    # What the database knows of the new partition is that it was empty when it looked.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE lab_released")
    for number in range(30):
        release(UUID(int=number), 1)
    source = Source(database_address(), 1)

    async def plan() -> str:
        try:
            await source.read([ANNA])
            assert source.pool is not None
            rows = await source.pool.fetch(f"EXPLAIN {READ}", [ANNA, BORIS], clock.now() - SHOWN_FOR)
        finally:
            await source.close()
        return "\n".join(row[0] for row in rows)

    found = asyncio.run(plan())
    assert "Index" in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 48])
def test_without_a_token_of_ours_nobody_is_answered(token: str):
    answered = asyncio.run(ask(make_lookup(), token))
    assert (answered.status, json.loads(answered.body)) == (401, {"code": "token_forged"})


def test_other_addresses_and_a_browser_asking_whether_it_may():
    lookup = make_lookup()
    assert asyncio.run(ask(lookup, "", path="/lookup/anything")).status == 404
    assert asyncio.run(ask(lookup, "", method="POST")).status == 404
    asked = asyncio.run(ask(lookup, "", method="OPTIONS"))
    assert (asked.status, asked.headers["access-control-allow-headers"]) == (204, "authorization")
    assert asked.headers["access-control-allow-origin"] == settings.PUBLIC_URL


def test_when_too_many_wait_the_rest_are_told_when_to_come_and_staff_get_in():
    lookup = make_lookup(citizens=3, staff=2)

    async def work() -> None:
        crowd = [ask(lookup, token_of(UUID(int=n))) for n in range(10)]
        doctor = ask(lookup, token_of(ANNA, Asker.STAFF))
        *citizens, staff = await asyncio.gather(*crowd, doctor)
        assert [one.status for one in citizens] == [200] * 3 + [503] * 7
        assert len({one.headers["retry-after"] for one in citizens[3:]}) > 4, "not all in the same second"
        assert staff.status == 200
        assert findings(await ask(lookup, token_of(ANNA))) == [], "and the next get in again"

    run(lookup, work)


def test_a_database_that_is_away_is_said_and_found_again():
    away = Source({**database_address(), "host": "/nowhere"}, 2)
    lookup = make_lookup(Sources(away))

    async def work() -> None:
        refused = await ask(lookup, token_of(ANNA))
        assert refused.status == 503
        assert refused.headers["retry-after"]
        away.address = database_address()
        assert findings(await ask(lookup, token_of(ANNA))) == []

    run(lookup, work)


@pytest.fixture
def replica() -> Iterator[dict[str, Any]]:
    """A streaming replica of the tests' own server, made by its own programs; its address."""
    server, address = servers.chosen(), database_address()
    folder = Path(tempfile.mkdtemp(prefix="replica-", dir=servers.FOLDER))
    owner = embedded.run_as()
    if owner:
        shutil.chown(folder, owner["user"])
    data = folder / "data"
    line = [server.programs / "pg_basebackup", "-D", data, "-R", "-X", "stream", "-c", "fast",
            "-h", address["host"], "-U", address["user"]]  # fmt: skip
    subprocess.run(line, check=True, cwd="/", **owner)
    # A replica must allow as many sessions as its primary.
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=200"
    control = [server.programs / "pg_ctl", "-D", data, "-w", "-s"]
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], check=True, cwd="/", **owner)
    try:
        yield {**address, "host": str(folder)}
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd="/", **owner)
        shutil.rmtree(folder)


def test_a_replica_answers_while_it_is_fresh_and_never_when_it_lags(replica: dict[str, Any]):
    second = Source(replica, 2)
    lookup = make_lookup(Sources(Source(database_address(), 2), [second]))
    sources = lookup.sources

    async def until(wanted: bool) -> None:
        for _ in range(200):
            if (sources._choose() is second) == wanted:
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS / 4)
        raise AssertionError("the replica is never " + ("fresh" if wanted else "left out"))

    async def work() -> None:
        await until(True)
        await asyncio.to_thread(release, ANNA, 1)
        while not await second.read([ANNA]):
            await asyncio.sleep(0.02)
        assert findings(await ask(lookup, token_of(ANNA))) == [1]
        await second.pool.execute("SELECT pg_wal_replay_pause()")
        await asyncio.to_thread(release, ANNA, 2)
        await until(False)
        assert await second.read([ANNA])
        assert sorted(findings(await ask(lookup, token_of(ANNA)))) == [1, 2], f"after {FRESH_SECONDS} s it is left out"
        await second.pool.execute("SELECT pg_wal_replay_resume()")
        await until(True)

    run(lookup, work)
