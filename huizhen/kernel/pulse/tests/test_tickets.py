from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.pulse import BadTicket, mint_ticket, read_ticket
from huizhen.kernel.pulse.bus import BadChannel

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = UUID(int=7)
CHANNELS = st.sets(st.from_regex(r"[a-z][a-z0-9_.:-]{0,30}", fullmatch=True), max_size=50)


@given(CHANNELS)
def test_a_ticket_says_what_was_put_in(channels):
    ticket = read_ticket(mint_ticket(ANNA, channels, AT), AT + timedelta(minutes=4))
    assert (ticket.account_id, ticket.channels) == (ANNA, channels)


def test_a_ticket_is_good_for_minutes():
    text = mint_ticket(ANNA, ["case:1"], AT)
    with pytest.raises(BadTicket, match="expired"):
        read_ticket(text, AT + timedelta(minutes=5))


@given(st.data())
def test_a_ticket_with_any_character_changed_is_forged(data):
    text = mint_ticket(ANNA, ["case:1"], AT)
    place = data.draw(st.integers(0, text.index(".") - 1))
    other = data.draw(st.sampled_from("ABCabc012_-.").filter(lambda character: character != text[place]))
    with pytest.raises(BadTicket, match="forged"):
        read_ticket(text[:place] + other + text[place + 1 :], AT)


@given(st.text(max_size=60))
def test_nonsense_is_forged(text):
    with pytest.raises(BadTicket, match="forged"):
        read_ticket(text, AT)


def test_another_secret_makes_another_ticket(settings):
    text = mint_ticket(ANNA, ["case:1"], AT)
    settings.SECRET_KEY = "x" * 60
    with pytest.raises(BadTicket, match="forged"):
        read_ticket(text, AT)


def test_a_ticket_names_channels_and_not_too_many():
    with pytest.raises(BadChannel):
        mint_ticket(ANNA, ["*"], AT)
    with pytest.raises(ValueError, match="50"):
        mint_ticket(ANNA, [f"case:{number}" for number in range(51)], AT)
