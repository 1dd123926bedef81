"""Bytes of old messages are deleted when nothing of them waits; what was understood, and that they came, stays."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from huizhen.lab.instruments.actions import keep_messages
from huizhen.lab.instruments.models import Instrument, RawMessage
from huizhen.lab.instruments.queries import understand
from huizhen.lab.instruments.readings import Understood
from huizhen.lab.instruments.received import Received
from huizhen.lab.results import actions
from huizhen.lab.results.models import Observation, Unsaid
from huizhen.lab.tests.builders import AT, make_lab, reading

pytestmark = pytest.mark.django_db
DAYS = 30
OVER = AT + timedelta(days=DAYS, seconds=1)


def test_only_what_is_final_and_old_enough_is_forgotten(settings):
    settings.RAW_MESSAGE_DAYS = DAYS
    lab = make_lab()
    machine = Instrument.objects.create(organisation=lab.laboratory, name="PCR", profile="hl7", address="192.0.2.1")
    said = {
        b"final": reading(lab.collect(), "Negative"),
        b"in review": reading(lab.collect(), "Positive"),
        b"withheld": reading(lab.collect(5), "Positive"),
        b"of nobody": reading("NOBODYS-1", "Negative"),
        b"nothing": None,
    }
    sent = [received(machine, payload, AT) for payload in said]
    kept = keep_messages([*sent, received(machine, b"young", AT + timedelta(days=1))], at=AT)
    said[b"young"] = reading(lab.collect(), "Negative")
    actions.match_kept(lambda message: (understood(said[bytes(message.payload)]), "hl7 1"), at=AT)
    assert actions.forget_messages(at=AT + timedelta(days=DAYS)) == 0
    assert actions.forget_messages(at=OVER) == 1
    assert actions.forget_messages(at=OVER) == 0
    [gone] = RawMessage.objects.exclude(forgotten_at=None)
    assert (gone.id, gone.payload, gone.forgotten_at) == (kept[0].id, b"", OVER)
    assert understand(gone) == (Understood(), None)
    assert Observation.objects.get(message_id=gone.id).value == "negative"
    [again] = keep_messages([received(machine, b"final", OVER)], at=OVER)
    assert (again.id, again.is_new) == (gone.id, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        RawMessage.objects.filter(id=gone.id).update(state="kept")
    settings.RAW_MESSAGE_DAYS = 0
    assert actions.forget_messages(at=OVER + timedelta(days=9999)) == 0


def test_what_a_message_read_anew_does_not_say_any_more_keeps_it_until_somebody_has_judged(settings):
    settings.RAW_MESSAGE_DAYS = DAYS
    lab = make_lab()
    machine = Instrument.objects.create(organisation=lab.laboratory, name="PCR", profile="hl7", address="192.0.2.1")
    keep_messages([received(machine, b"questioned", AT)], at=AT)
    line = reading(lab.collect(), "Negative")
    actions.match_kept(lambda _message: (understood(line), "hl7 1"), at=AT)
    question = Unsaid.objects.create(observation=Observation.objects.get(), says=["other"], at=AT)
    assert actions.forget_messages(at=OVER) == 0
    Unsaid.objects.filter(id=question.id).update(settled_at=OVER)
    assert actions.forget_messages(at=OVER) == 1


def received(machine, payload, at):
    return Received(str(machine.id), machine.id, "hl7", "192.0.2.1:1", payload, at, "kept")


def understood(line):
    return Understood((line,)) if line else Understood(problems=("not_hl7",))
