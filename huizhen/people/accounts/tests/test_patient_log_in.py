"""Patients: a phone number and six digits; the first log-in opens the account."""

from datetime import timedelta

import pytest
from django.test import Client

from huizhen.kernel import clock
from huizhen.people.accounts import actions, queries
from huizhen.people.accounts.fakes import ScreenSender
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.tests.people import CODE, PHONE, fresh_cache, is_in
from huizhen.people.tests.builders import make_account

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


def ask(typed="138 0013 8000", client=None):
    client = client or Client()
    return client, client.post(PHONE, {"phone": typed})


def test_the_first_log_in_opens_an_account():
    client, answer = ask()
    assert answer.headers["Location"].startswith(CODE)
    page = client.get(CODE).content.decode()
    assert "138****8000" in page
    assert NUMBER not in page
    client.post(CODE, {"code": ScreenSender().read_code(NUMBER)})
    assert is_in(client)
    account = queries.get_patient_by_phone(NUMBER)
    assert account.phone == NUMBER
    assert account.phone_confirmed_at
    assert client.get("/account/sessions/").status_code == 200


def test_a_known_number_finds_its_account_however_it_is_typed():
    patient = make_account(kind="patient", phone=NUMBER)
    client, _answer = ask("＋86 １３８-0013-8000")
    client.post(CODE, {"code": ScreenSender().read_code(NUMBER)})
    assert client.session["_auth_user_id"] == str(patient.pk)


def test_known_and_unknown_numbers_are_answered_alike():
    make_account(kind="patient", phone=NUMBER)
    known, unknown = ask(), ask("13900139000")
    assert known[1].headers["Location"] == unknown[1].headers["Location"]
    assert known[0].get(CODE).status_code == unknown[0].get(CODE).status_code == 200


def test_three_wrong_codes_need_a_new_one():
    client, _answer = ask()
    right = ScreenSender().read_code(NUMBER)
    wrong = "000000" if right != "000000" else "111111"
    for _try in range(3):
        client.post(CODE, {"code": wrong})
    client.post(CODE, {"code": right})
    assert not is_in(client)


def test_a_code_is_too_old_after_five_minutes(time_machine):
    client, _answer = ask()
    time_machine.move_to(clock.now() + timedelta(minutes=6))
    client.post(CODE, {"code": ScreenSender().read_code(NUMBER)})
    assert not is_in(client)


def test_one_number_is_not_flooded_with_messages():
    for _try in range(3):
        assert ask()[1].status_code == 302
    answer = ask()[1]
    assert answer.status_code == 200
    assert "15" in str(answer.context["form"].errors)


@pytest.mark.parametrize("typed", ["", "12345", "not a number", "23800138000", "+8612345678901"])
def test_what_is_no_number_is_refused(typed):
    answer = ask(typed)[1]
    assert answer.status_code == 200
    assert answer.context["form"].errors["phone"]


def test_two_taps_open_one_account():
    one, two = (actions.open_patient_account(NUMBER, at=clock.now()) for _tap in range(2))
    assert one.pk == two.pk


def test_a_number_that_never_answers_is_forgotten():
    now = clock.now()
    silent = actions.open_patient_account(NUMBER, at=now - timedelta(days=2))
    fresh = actions.open_patient_account("+8613900139000", at=now)
    confirmed = actions.open_patient_account("+8613700137000", at=now - timedelta(days=2))
    actions.confirm_phone(confirmed.pk, "+8613700137000")
    assert actions.forget_unconfirmed(at=now) == 1
    assert set(Account.objects.values_list("pk", flat=True)) == {fresh.pk, confirmed.pk} - {silent.pk}
