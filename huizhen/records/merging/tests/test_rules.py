"""Which likenesses count, and which a person with two cards speaks against."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.records.merging.rules import REASONS, list_reasons


@dataclass(frozen=True)
class Somebody:
    name: str = "李秀英"
    identity_kind: str = "resident"
    identity_number: str = "110101195804120028"
    phone: str = "+8613800138000"
    birth_on: date = date(1958, 4, 12)
    sex: str = "female"


ONE = Somebody()
STRANGER = Somebody("周桂兰", "passport", "E1234567", "+8613900000000", date(1971, 1, 1), "female")


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (replace(STRANGER, identity_number=ONE.identity_number, identity_kind="military"), ["number"]),
        (replace(ONE, identity_number="110101195804120044", phone=""), ["near_number", "name_birth_sex"]),
        (replace(ONE, identity_kind="none", identity_number="", name="李 秀英"), ["phone_name_birth"]),
        (replace(ONE, identity_kind="none", identity_number="", birth_on=date(1958, 12, 4)), ["phone_name"]),
        (replace(ONE, identity_kind="none", identity_number="", name="李秀瑛"), ["phone_birth_sex"]),
        (replace(ONE, identity_kind="none", identity_number="", phone=""), ["name_birth_sex"]),
        (replace(ONE, identity_number="429999195804120991", phone=""), []),
        (replace(ONE, identity_number="429999195804120991"), ["phone_name_birth"]),
        (replace(ONE, identity_kind="none", identity_number="", phone="", sex="male"), []),
        (STRANGER, []),
    ],
)
def test_each_likeness_has_its_reason(other, reasons):
    assert list_reasons(ONE, other) == reasons


people = st.builds(
    Somebody, st.sampled_from(["李秀英", "周桂兰"]), st.sampled_from(["resident", "passport", "none"]),
    st.sampled_from(["", "110101195804120028", "110101195804120044", "E1234567"]),
    st.sampled_from(["", "+8613800138000"]), st.sampled_from([date(1958, 4, 12), date(1971, 1, 1)]),
    st.sampled_from(["female", "male"]),
)  # fmt: skip


@given(people, people)
def test_likeness_goes_both_ways_and_can_be_said(one, other):
    assert list_reasons(one, other) == list_reasons(other, one)
    assert set(list_reasons(one, other)) <= REASONS.keys()
