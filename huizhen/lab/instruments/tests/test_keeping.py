"""Messages are kept whole, once by sender and content, sealed; read once, by one reader."""

import pytest
from django.db import IntegrityError, connection, transaction

from huizhen.kernel import outbox
from huizhen.lab.instruments import actions, ports, queries
from huizhen.lab.instruments.models import InstrumentHour, RawMessage, State
from huizhen.lab.instruments.received import Noted
from huizhen.lab.instruments.tests.conftest import AT, received


def test_a_resend_is_the_same_message_by_sender_and_content(instrument):
    first = actions.keep_messages(
        [received(instrument, b"one"), received(instrument, b"two"), received(instrument, b"one")], at=AT
    )
    again = actions.keep_messages([received(instrument, b"one"), received(None, b"one", state=State.UNCLAIMED)], at=AT)
    assert [kept.is_new for kept in first] == [True, True, False]
    assert first[0].id == first[2].id == again[0].id
    assert [kept.is_new for kept in again] == [False, True]
    assert RawMessage.objects.get(id=first[0].id).repeats == 2
    assert InstrumentHour.objects.get().messages == 2


def test_what_is_kept_is_sealed_and_comes_back_byte_for_byte(instrument):
    payload = bytes(range(256)) * 4
    [kept] = actions.keep_messages([received(instrument, payload)], at=AT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM lab_rawmessage")
        assert payload[:40] not in bytes(cursor.fetchone()[0])
    assert RawMessage.objects.get(id=kept.id).payload == payload


def test_reading_is_noted_once_and_an_unknown_sender_waits(instrument):
    actions.keep_messages(
        [received(instrument, b"a"), received(instrument, b"b"), received(None, b"c", state=State.UNCLAIMED)], at=AT
    )
    with transaction.atomic():
        claimed = queries.claim_pending(10)
        assert [message.payload for message in claimed] == [b"a", b"b"]
        noted = [Noted(claimed[0].id, 3, read_as="hl7@1"), Noted(claimed[1].id, 0, ("not_hl7",), is_set_aside=True)]
        actions.note_understood(noted, at=AT)
    actions.note_understood([Noted(claimed[0].id, 9)], at=AT)
    states = {message.state: message for message in RawMessage.objects.all()}
    assert set(states) == {State.UNDERSTOOD, State.SET_ASIDE, State.UNCLAIMED}
    assert states[State.UNDERSTOOD].readings == 3
    assert InstrumentHour.objects.get().problems == 1


def test_a_registered_sender_gets_its_messages_once(instrument):
    actions.keep_messages(
        [
            received(None, b"c", state=State.UNCLAIMED),
            received(None, b"d", state=State.UNCLAIMED),
            received(instrument, b"d"),
        ],
        at=AT,
    )
    half = received(None, b"half", state=State.UNCLAIMED, problems=("cut_off",))
    actions.keep_messages([half], at=AT)
    assert actions.claim_sender(instrument, "10.9.9.9 STRANGER", at=AT) == 2
    assert sorted(message.payload for message in queries.list_pending(10)) == [b"c", b"d"]
    assert RawMessage.objects.get(state=State.SET_ASIDE).payload == b"half"


def test_many_wakes_make_one_job_and_the_job_empties_the_heap(own_jobs, instrument, monkeypatch):
    batches = iter([2, 1, 0])
    monkeypatch.setattr(ports.installed, "match", lambda *, at: next(batches))
    for _ in range(3):
        actions.wake_matcher()
    assert outbox.run_pending(AT.replace(year=2099)) == 1
    assert next(batches, "used up") == "used up"


def test_the_database_keeps_messages_as_they_came(instrument):
    [kept] = actions.keep_messages([received(instrument, b"one")], at=AT)
    for change in ({"digest": b"x"}, {"size": 9}, {"instrument": None}):
        with pytest.raises((IntegrityError, Exception)), transaction.atomic():
            RawMessage.objects.filter(id=kept.id).update(**change)
