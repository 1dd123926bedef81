"""A profile is put into use only as somebody has looked at it."""

from datetime import timedelta

import pytest

from huizhen.kernel.access import SYSTEM
from huizhen.lab.instruments import actions, queries, replay
from huizhen.lab.instruments.in_use import get_profile
from huizhen.lab.instruments.profile import shipped_text
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.tests.conftest import AT, received

HEAD = b"MSH|^~\\&|C|L|||1||OUL^R22|%d|P|2.5.1\r"
SAYS = b"SPM|1|T-1\rOBR|1\rOBX|1|ST|SCOV||ValueNotSet|||Positive|||F\r"

FAILS = b"SPM|1|T-1\rOBR|1\rOBX|1|ST|SCOV||ValueNotSet|||||||F\r"
TEXT = shipped_text("hl7").replace("version = 2", "version = 3") + '[value]\nfrom = ["OBX-8"]\n'


def hear(instrument, number, body):
    [kept] = actions.keep_messages([received(instrument, HEAD % number + body)], at=AT + timedelta(seconds=number))
    return kept.id


def look(instrument, text=TEXT):
    messages = queries.newest_with_payload(instrument.id, replay.REPLAYED)
    return replay.name_seen(messages, get_profile(instrument), text, instrument.organisation_id)


def apply(instrument, seen, text=TEXT):
    owner = instrument.organisation_id
    return actions.save_profile(instrument, text, owner=owner, seen=seen, actor=SYSTEM, at=AT)


@pytest.mark.parametrize("seen", ["", "nonsense", ":", f"{'0' * 36}:x", "00000000-0000-0000-0000-000000000000:x"])
def test_what_nobody_has_looked_at_is_not_put_into_use(instrument, seen):
    hear(instrument, 1, SAYS)
    with pytest.raises(Refused, match="seen: other"):
        apply(instrument, seen)
    with pytest.raises(Refused, match="seen: other"):
        apply(instrument, look(instrument, TEXT + "# another text"))
    assert apply(instrument, look(instrument)).version == 3


def test_messages_that_come_meanwhile_hold_nothing_up_unless_they_change_in_a_way_nobody_has_seen(instrument):
    hear(instrument, 1, SAYS)
    seen = look(instrument)
    for number in range(2, 2 + replay.REPLAYED):
        hear(instrument, number, SAYS)
    hear(instrument, 90, FAILS)
    with pytest.raises(Refused, match="seen: other"):
        apply(instrument, seen)
    assert apply(instrument, look(instrument)).version == 3


def test_more_of_the_same_is_no_other_change(instrument):
    hear(instrument, 1, SAYS)
    seen = look(instrument)
    for number in range(2, 5):
        hear(instrument, number, SAYS)
    assert apply(instrument, seen).version == 3


def test_another_profile_in_use_meanwhile_is_another_preview(instrument):
    hear(instrument, 1, SAYS)
    text = TEXT.replace("version = 3", "version = 4")
    seen = look(instrument, text)
    apply(instrument, look(instrument))
    with pytest.raises(Refused, match="seen: other"):
        apply(instrument, seen, text)


def test_before_the_first_message_it_is_looked_at_too(instrument):
    seen = look(instrument)
    hear(instrument, 1, SAYS)
    with pytest.raises(Refused, match="seen: other"):
        apply(instrument, seen)
