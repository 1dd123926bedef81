"""One instrument at one hospital, and messages of it."""

import asyncio
from datetime import UTC, datetime

import pytest

from huizhen.kernel.fakes.ports import free_port
from huizhen.lab.instruments.intake import process
from huizhen.lab.instruments.models import Instrument, State
from huizhen.lab.instruments.received import Received
from huizhen.people.organisations.models import Organisation

HOST = "127.0.0.1"
AT = datetime(2026, 5, 4, 1, 30, tzinfo=UTC)


@pytest.fixture
def instrument(db):
    hospital = Organisation.objects.create(kind="hospital", name="江畔医院", code="JP")
    return Instrument.objects.create(
        organisation=hospital, name="PCR 1", profile="hl7", address="10.0.0.7", identity="COBAS"
    )


def received(instrument, payload, *, at=AT, state=State.KEPT, problems=()):
    sender = str(instrument.id) if instrument else "10.9.9.9 STRANGER"
    return Received(sender, instrument and instrument.id, "mllp", "10.0.0.7:40000", payload, at, state, problems)


@pytest.fixture
def intake(transactional_db, own_jobs, settings):
    """Runs a story beside the whole intake: `intake(story)`; the story gets the process and is stopped with it."""
    settings.MLLP_PORT, settings.ASTM_PORT, settings.INTAKE_BIND = free_port(), free_port(), HOST
    hospital = Organisation.objects.create(kind="hospital", name="江畔医院", code="JP")

    def add(**given):
        return Instrument.objects.create(**{"organisation": hospital, **given})

    def play(story):
        async def whole():
            running = process.Intake()
            serving = asyncio.create_task(running.run())
            async with asyncio.timeout(60):
                while len(running._servers) < 2 or not running.desk.known:
                    await asyncio.sleep(0.02)
                try:
                    return await story(running)
                finally:
                    running._stopping.set()
                    await serving

        return asyncio.run(whole())

    play.add = add
    return play
