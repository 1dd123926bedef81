"""One instrument at one hospital, and messages of it."""

from datetime import UTC, datetime

import pytest

from huizhen.lab.instruments.models import Instrument, State
from huizhen.lab.instruments.received import Received
from huizhen.people.organisations.models import Organisation

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
