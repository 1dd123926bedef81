"""Tokens of the look-up: only what the house signed is read, and only while it is good."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.lab.lookup.tokens import GOOD_FOR, MOST_RECORDS, Asker, BadToken, mint_token, read_token

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECONDS = AT.timestamp()


@given(records=st.lists(st.uuids(), min_size=1, max_size=MOST_RECORDS), asker=st.sampled_from(Asker))
def test_what_was_minted_is_read(records: list[UUID], asker: Asker):
    said = read_token(mint_token(*records, asker=asker, at=AT), SECONDS)
    assert said == (tuple(one.bytes for one in records), asker)


@pytest.mark.parametrize("count", [0, MOST_RECORDS + 1])
def test_a_token_names_at_least_one_record_and_not_any_number(count: int):
    with pytest.raises(ValueError, match="1 to 32"):
        mint_token(*[UUID(int=1)] * count, asker=Asker.CITIZEN, at=AT)


@given(cut=st.integers(1, 67))
def test_a_record_cut_out_of_a_token_or_put_in_makes_it_another(cut: int):
    raw = base64.urlsafe_b64decode(mint_token(UUID(int=1), UUID(int=2), UUID(int=3), asker=Asker.CITIZEN, at=AT))
    for changed in (raw[cut:], raw[:-cut], raw[:16] + raw[32:], UUID(int=4).bytes + raw):
        with pytest.raises(BadToken, match="forged"):
            read_token(base64.urlsafe_b64encode(changed).decode(), SECONDS)


@given(person=st.uuids(), place=st.integers(0, 35), change=st.integers(1, 255))
def test_one_changed_byte_and_it_is_forged(person: UUID, place: int, change: int):
    raw = bytearray(base64.urlsafe_b64decode(mint_token(person, asker=Asker.CITIZEN, at=AT)))
    raw[place] ^= change
    with pytest.raises(BadToken, match="forged"):
        read_token(base64.urlsafe_b64encode(bytes(raw)).decode(), SECONDS)


@given(st.text(max_size=60))
def test_anything_else_is_forged(text: str):
    with pytest.raises(BadToken, match="forged"):
        read_token(text, SECONDS)


def test_it_is_good_to_its_last_second():
    token = mint_token(UUID(int=7), asker=Asker.STAFF, at=AT)
    last = (AT + GOOD_FOR).timestamp()
    assert read_token(token, last - 1).records == (UUID(int=7).bytes,)
    with pytest.raises(BadToken, match="expired"):
        read_token(token, last)


def test_another_key_reads_nothing(settings):
    token = mint_token(UUID(int=7), asker=Asker.STAFF, at=AT)
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(BadToken, match="forged"):
        read_token(token, SECONDS)
