"""The real server (Granian), a real client, real pulses through the database."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from huizhen.kernel import clock
from huizhen.kernel.fakes.ports import free_port
from huizhen.kernel.pulse import beat, mint_ticket
from huizhen.live import hub

ANNA, BELA = UUID(int=1), UUID(int=2)
GRANIAN = Path(sys.executable).parent / "granian"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_jobs")]


def strike(*beats):
    """Beat. The thread that asgiref lends lives as long as the tests, and its connection would with it."""
    beat(*beats)
    connection.close()


def database_url():
    held = connection.settings_dict
    if held["HOST"].startswith("/"):
        return f"postgresql://{held['USER']}@/{held['NAME']}?host={held['HOST']}"
    return f"postgresql://{held['USER']}:{held['PASSWORD']}@{held['HOST']}:{held['PORT'] or 5432}/{held['NAME']}"


@pytest.fixture(scope="module")
def serve(django_db_setup):
    """Start the live app with these settings, or find the one that runs with them; gives its address."""
    running = {}

    def start(**environment):
        key = tuple(environment.items())
        if key not in running:
            running[key] = launch(environment)
        return running[key][1]

    yield start
    for process, _ in running.values():
        process.terminate()
    for process, _ in running.values():
        process.wait(20)


def launch(environment):
    port = free_port()
    command = [GRANIAN, "--interface", "asgi", "--port", str(port), "huizhen.live.tests.serving:app"]
    environment = {**os.environ, "DATABASE_URL": database_url(), "HUIZHEN_DEMO": "yes", **environment}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert time.monotonic() < until, "the server does not come up"
        time.sleep(0.05)
    return process, f"ws://127.0.0.1:{port}/ws"


def ticket(account_id, *channels):
    return mint_ticket(account_id, channels, clock.now())


async def next_pulse(client):
    while True:
        said = json.loads(await asyncio.wait_for(client.recv(), 20))
        if said["c"]:
            return said
        await client.send(".")


async def joined(client, channel="case:1"):
    """Whether news come before or after the server knows the client, the client is told."""
    await sync_to_async(strike)((channel, 1))
    assert (await next_pulse(client))["c"] == channel


async def closed_with(client):
    with suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(client.recv(), 20)
    return client.close_code


def test_a_client_hears_its_own_channels_only(serve):
    address = serve()

    async def story():
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1:talk')}") as client:
            await joined(client, "case:1:talk")
            await sync_to_async(strike)(("case:2:talk", 8), ("case:1:talk", 17))
            while (heard := await next_pulse(client))["n"] < 17:
                pass  # the one before, and the server's own first look at the bus
            assert heard == {"c": "case:1:talk", "n": 17}

    asyncio.run(story())


def test_a_silent_client_is_dropped_and_an_answering_one_is_kept(serve):
    address = serve(HUIZHEN_LIVE_HEARTBEAT="0.5")

    async def story():
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1')}") as silent:
            assert await closed_with(silent) == 4408
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1')}") as lively:
            beats = 0
            while beats < 6:
                beats += not json.loads(await asyncio.wait_for(lively.recv(), 20))["c"]
                await lively.send(".")

    asyncio.run(story())


def test_a_client_that_does_not_read_is_dropped(serve):
    address = serve(HUIZHEN_LIVE_HEARTBEAT="0.5")

    async def story():
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1')}", max_queue=1) as stuck:
            for number in range(1, 200):
                await sync_to_async(strike)(("case:1", number))
            assert await closed_with(stuck) == 4408

    asyncio.run(story())


def test_forged_and_old_tickets_are_told_so(serve):
    address = serve()

    async def story():
        for text in ("", "nonsense", ticket(ANNA, "case:1")[:-4] + "AAAA"):
            async with connect(f"{address}?ticket={text}") as client:
                assert await closed_with(client) == 4401

    asyncio.run(story())


def test_a_strange_page_is_turned_away(serve):
    address = serve()

    async def story():
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{address}?ticket={ticket(ANNA, 'case:1')}", origin="https://evil.example").__aenter__()
        assert caught.value.response.status_code == 403
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1')}", origin="http://127.0.0.1:8000") as client:
            await joined(client)

    asyncio.run(story())


def test_one_account_opens_so_many_sockets_and_no_more(serve):
    # Somebody of this test alone: the server may not yet have heard that the sockets of the test before are closed.
    address, someone = serve(), uuid4()

    async def story():
        async with AsyncExitStack() as stack:
            for _ in range(hub.MOST_PER_ACCOUNT):
                client = await stack.enter_async_context(connect(f"{address}?ticket={ticket(someone, 'case:1')}"))
                await joined(client)
            refused = await stack.enter_async_context(connect(f"{address}?ticket={ticket(someone, 'case:1')}"))
            assert await closed_with(refused) == 4429
            other = await stack.enter_async_context(connect(f"{address}?ticket={ticket(BELA, 'case:1')}"))
            await joined(other)
        # The server hears of a closed socket when it next looks.
        for _ in range(100):
            async with connect(f"{address}?ticket={ticket(someone, 'case:1')}") as again:
                try:
                    return await joined(again)
                except ConnectionClosed:
                    await asyncio.sleep(0.05)
        raise AssertionError("still refused")

    asyncio.run(story())


def test_a_socket_must_renew_its_ticket(serve):
    address = serve(HUIZHEN_LIVE_RENEW="0.5")

    async def story():
        async with connect(f"{address}?ticket={ticket(ANNA, 'case:1')}") as client:
            assert await closed_with(client) == 4410

    asyncio.run(story())
