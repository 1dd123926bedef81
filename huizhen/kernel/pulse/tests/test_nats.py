"""Against the real server, from its wheel."""

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import transaction

from huizhen.kernel.fakes.ports import free_port
from huizhen.kernel.pulse import EVERYTHING, Pulse, beat, wire
from huizhen.kernel.pulse.tests.listening import Ear, wait_until

SERVER = Path(sys.executable).parent / "nats-server"

pytestmark = pytest.mark.django_db(transaction=True)


def start(port):
    server = subprocess.Popen([SERVER, "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    wait_until(lambda: answers(port))
    return server


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port(settings):
    port = free_port()
    settings.NATS_URL = f"nats://127.0.0.1:{port}"
    yield port
    wire.close()


@pytest.fixture
def server(port):
    server = start(port)
    yield server
    server.kill()
    server.wait()


def test_a_pulse_is_published_after_commit(server):
    with Ear() as ear:
        with transaction.atomic():
            beat(("case:1:talk", 4), ("case:1", 9))
        wait_until(lambda: len(ear.heard) == 3)
        assert ear.heard[1:] == [Pulse("case:1:talk", 4), Pulse("case:1", 9)]


def test_a_rolled_back_pulse_is_not_published(server):
    with Ear() as ear:
        with transaction.atomic():
            beat(("case:1", 1))
            transaction.set_rollback(True)
        beat(("case:2", 2))
        wait_until(lambda: len(ear.heard) > 1)
        assert ear.heard == [EVERYTHING, Pulse("case:2", 2)]


def test_when_the_server_comes_back_everything_is_looked_at_again(server, port):
    with Ear() as ear:
        server.kill()
        server.wait()
        again = start(port)
        try:
            wait_until(lambda: ear.heard.count(EVERYTHING) == 2)
            wait_until(lambda: beat(("case:5", 5)) or Pulse("case:5", 5) in ear.heard)
        finally:
            again.kill()
            again.wait()


def test_without_a_server_the_writer_goes_on(port):
    with transaction.atomic():
        beat(("case:1", 1))


class Deaf:
    """A client that swallows being cancelled, as `asyncio.wait_for` may where its answer comes at the same moment."""

    def __init__(self):
        self.waits = threading.Event()

    async def publish(self, *_):
        """Taken."""

    async def flush(self, _):
        self.waits.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return

    async def close(self):
        """Gone."""


def test_a_publisher_is_closed_even_where_being_cancelled_is_swallowed(monkeypatch):
    client = Deaf()

    async def connect(*_, **__):
        return client

    monkeypatch.setattr(wire.nats, "connect", connect)
    publisher = wire.Publisher("nats://127.0.0.1:1")
    publisher.put(["{}"])
    assert client.waits.wait(10)
    closing = threading.Thread(target=publisher.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
