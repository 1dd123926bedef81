"""Identity numbers, phones and names: the rules as tables, and as properties over made-up people."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.ids import check_character
from huizhen.records.patients import rules

TODAY = date(2026, 3, 1)
births = st.dates(date(1880, 1, 1), TODAY)
regions = st.sampled_from(sorted(rules.REGIONS)).map(lambda two: two + "0101")


def number_of(region: str, birth_on: date, order: int) -> str:
    body = f"{region}{birth_on:%Y%m%d}{order:03d}"
    return body + check_character(body)


numbers = st.builds(number_of, regions, births, st.integers(0, 999))


@given(regions, births, st.integers(0, 999))
def test_a_number_says_birth_and_sex(region, birth_on, order):
    read = rules.read_resident_number(number_of(region, birth_on, order))
    assert (read.region, read.birth_on, read.sex) == (region, birth_on, "male" if order % 2 else "female")


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number, place, shift):
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert rules.check_identity("resident", wrong)


@given(numbers, st.integers(0, 15))
def test_two_neighbours_swapped_are_always_noticed(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or rules.check_identity("resident", swapped)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("11010119490307001X", None),
        ("110101194903070011", "identity_check"),
        ("99010119490307001X", "identity_region"),
        ("11010119490230001X", "identity_birth"),
        ("1101011949030700", "identity_shape"),
        ("11010119490307001Y", "identity_shape"),
        ("", "missing"),
    ],
)
def test_what_is_wrong_with_a_number(number, code):
    if code is None:
        number = number[:17] + check_character(number[:17])
    assert rules.check_identity("resident", number) == code


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("passport", "E12345678", None),
        ("passport", "E1", "document_shape"),
        ("hk_macau_permit", "H12345678", None),
        ("taiwan_permit", "12345678", None),
        ("none", "", None),
        ("none", "E12345678", "document_shape"),
        ("library_card", "1", "unknown_choice"),
    ],
)
def test_other_documents(kind, number, code):
    assert rules.check_identity(kind, number) == code


def test_full_width_and_blanks_are_read_as_meant():
    assert rules.plain_number(" 110101-19490307 ００１ｘ ") == "11010119490307001X"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+85291234567", "+85291234567"),
        ("12345", ""),
        ("+8612345", ""),
        ("010-6552", ""),
    ],
)
def test_phones(typed, stored):
    assert rules.plain_phone(typed) == stored


@given(st.text(max_size=30))
def test_reading_a_phone_twice_changes_nothing(text):
    once = rules.plain_phone(text)
    assert rules.plain_phone(once) == once


def test_names_compare_without_blanks_and_dots():
    assert rules.name_key("张 三") == rules.name_key("张三")
    assert rules.name_key("阿依古丽•买买提") == rules.name_key("阿依古丽·买买提")
    assert rules.plain_name("阿依古丽 . 买买提") == "阿依古丽·买买提"
    assert rules.name_key("Mary Ann O'Neil") == rules.name_key("MARY ANN ONEIL")


@given(births, births)
def test_age_grows_by_one_on_the_birthday(birth_on, on):
    years = rules.age(birth_on, max(birth_on, on))
    assert years >= 0
    assert rules.age(birth_on, date(max(birth_on, on).year + 1, 12, 31)) > years or years >= 0


def test_contradictions_between_number_and_form():
    number = number_of("110101", date(1949, 3, 7), 1)
    errors = rules.check_patient(
        name="测试甲", identity_kind="resident", identity_number=number, phone="", sex="female",
        birth_on=date(1949, 3, 8), on=TODAY,
    )  # fmt: skip
    assert errors == {"birth_on": "identity_differs_birth", "sex": "identity_differs_sex"}


@given(st.text(max_size=25), st.text(max_size=25), st.text(max_size=25))
def test_any_text_gets_an_answer_not_a_crash(name, number, phone):
    for kind in rules.DOCUMENTS:
        rules.check_patient(
            name=rules.plain_name(name), identity_kind=kind, identity_number=rules.plain_number(number), phone=phone,
            sex="unknown", birth_on=TODAY, on=TODAY,
        )  # fmt: skip


def test_masks_keep_little():
    assert rules.mask_number("11010119490307001X") == "110*************1X"
    assert rules.mask_phone("+8613800138000") == "138****8000"
