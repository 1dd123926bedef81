"""Kill -9 of the intake process while an instrument sends: what was acknowledged is stored, and what is sent again,
because its acknowledgement never came, is recognised."""

import asyncio
import contextlib

import psycopg
import pytest

from huizhen.config.embedded import Embedded
from huizhen.lab.instruments import fakes
from huizhen.lab.instruments.codecs import mllp
from tests.faults.running import Running, running

ROUNDS, EACH = 3, 60


@pytest.fixture(scope="module")
def house():
    with running() as house:
        yield house


def ask(house: Running, statement: str):
    with psycopg.connect(Embedded(house.folder / "postgres").url()) as connection:
        return connection.execute(statement).fetchone()


async def send_until_cut(port: int, messages: list[bytes], cut) -> int:
    """Send everything at once, have the process killed when the first acknowledgement came; how many did come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(map(mllp.frame, messages)))
    deframer, answered, is_cut = mllp.Deframer(), 0, False
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(4096):
            answered += len(deframer.feed(data))
            if not is_cut:
                is_cut = True
                await asyncio.to_thread(cut)
    writer.close()
    return answered


def test_nothing_acknowledged_is_lost_and_a_resend_is_recognised(house: Running):
    port = int(house.environ["HUIZHEN_MLLP_PORT"])
    house.wait(lambda: house.find("intake") is not None and "intake process ready" in house.log.read_text())
    for turn in range(ROUNDS):
        messages = [fakes.hl7_message([f"T-{turn}-{number}"]) for number in range(EACH)]
        killed = house.find("intake").pid
        before = ask(house, "SELECT count(*) FROM lab_rawmessage")[0]
        answered = asyncio.run(send_until_cut(port, messages, lambda: house.kill("intake")))
        stored = ask(house, "SELECT count(*) FROM lab_rawmessage")[0] - before
        assert 0 < answered <= stored
        house.wait(lambda old=killed: house.is_back("intake", old))
        house.wait(lambda: is_open(port))
        assert len(asyncio.run(fakes.send_mllp("127.0.0.1", port, messages))) == EACH
        total, repeated = ask(house, "SELECT count(*), sum(repeats) FROM lab_rawmessage")
        assert total == before + EACH
        assert repeated >= stored


def is_open(port: int) -> bool:
    async def knock():
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    try:
        asyncio.run(knock())
    except OSError:
        return False
    return True
