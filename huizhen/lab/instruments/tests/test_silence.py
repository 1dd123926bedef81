"""Silence is judged by each instrument's own habit, found by a job, and told once."""

from datetime import UTC, datetime, timedelta

import pytest

from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, queries, replay, rules
from huizhen.lab.instruments.in_use import get_profile
from huizhen.lab.instruments.models import InstrumentHour, RawMessage, State
from huizhen.lab.instruments.profile import parse_profile, shipped_text
from huizhen.lab.instruments.received import Noted
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.tests.conftest import received

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)  # 08:00 in China


def habit(weeks=2, at=MONDAY):
    """Twelve messages an hour from 08:00 to 18:00 local time, on working days."""
    days = [at - timedelta(days=back) for back in range(1, weeks * 7 + 1)]
    return {
        day + timedelta(hours=hour): 12
        for day in days
        if (day + timedelta(hours=8)).weekday() < 5
        for hour in range(10)
    }


@pytest.mark.parametrize(
    ("silent_for", "begins", "too_long"),
    [
        (timedelta(minutes=30), MONDAY + timedelta(hours=3), False),
        (timedelta(minutes=60), MONDAY + timedelta(hours=3), True),
        (timedelta(hours=13), MONDAY + timedelta(hours=10), False),  # the night
        (timedelta(hours=16), MONDAY + timedelta(hours=10), True),  # the night, and two hours of the morning
        (timedelta(days=2), MONDAY + timedelta(days=4, hours=10), False),  # the weekend
    ],
)
def test_the_same_silence_is_long_at_noon_and_short_at_night(silent_for, begins, too_long):
    assert rules.silence(habit(at=MONDAY), begins, begins + silent_for).is_too_long is too_long


def test_without_a_habit_nobody_is_silent_and_a_set_time_decides():
    new = {MONDAY - timedelta(hours=1): 500}
    assert not rules.silence(new, MONDAY, MONDAY + timedelta(days=1)).is_too_long
    assert not rules.silence({}, None, MONDAY).is_too_long
    assert rules.silence({}, MONDAY, MONDAY + timedelta(minutes=31), silent_after=30).is_too_long


def test_the_job_tells_once_and_notices_the_return(instrument):
    InstrumentHour.objects.bulk_create(
        InstrumentHour(instrument=instrument, hour=hour, messages=number) for hour, number in habit().items()
    )
    noon = MONDAY + timedelta(hours=4)
    actions.keep_messages([received(instrument, b"one", at=noon)], at=noon)
    later = noon + timedelta(hours=2)
    assert [actions.judge_silence(at=at) for at in (noon, later, later)] == [0, 1, 0]
    instrument.refresh_from_db()
    assert instrument.silent_since == noon
    actions.keep_messages([received(instrument, b"two", at=later)], at=later)
    assert actions.judge_silence(at=later) == 1


def test_a_changed_profile_shows_its_difference_is_applied_as_a_version_and_old_messages_are_read_again(instrument):
    payload = b"MSH|^~\\&|C|L|||1||OUL^R22|1|P|2.5.1\rSPM|1|T-1\rOBR|1\rOBX|1|ST|SCOV||ValueNotSet|||Positive|||F\r"
    [kept] = actions.keep_messages([received(instrument, payload)], at=MONDAY)
    actions.note_understood([Noted(kept.id, 1, read_as="hl7@1")], at=MONDAY)
    text = (
        shipped_text("hl7").replace("version = 2", "version = 3")
        + '[value]\nfrom = ["OBX-5", "OBX-8"]\nunset = ["ValueNotSet"]\n'
    )
    before, place = get_profile(instrument), instrument.organisation_id
    [change] = replay.compare(queries.newest_with_payload(instrument.id, 50), before, parse_profile(text))
    assert [(old.value, new.value) for old, new in change.pairs] == [("ValueNotSet", "Positive")]
    seen = replay.name_seen(queries.newest_with_payload(instrument.id, replay.REPLAYED), before, text, place)
    for bad, code in (
        (text.replace("version = 3", "version = 5"), "old_version"),
        ("[", "bad"),
        (text.replace('"hl7"', '"astm"'), "other_name"),
    ):
        given = bad.replace('protocol = "astm"', 'protocol = "hl7"')
        with pytest.raises(Refused) as refused:
            actions.save_profile(instrument, given, owner=place, seen=seen, actor=SYSTEM, at=MONDAY)
        assert refused.value.code == code
    actions.save_profile(instrument, text, owner=place, seen=seen, actor=SYSTEM, at=MONDAY)
    assert get_profile(instrument).version == 3
    assert actions.read_again(instrument, [kept.id], actor=SYSTEM, at=MONDAY) == 1
    assert RawMessage.objects.get(id=kept.id).state == State.KEPT
