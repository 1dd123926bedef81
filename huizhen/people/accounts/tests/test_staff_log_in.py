"""Staff: password, then a second factor, and nothing before one is enrolled."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.test import Client

from huizhen.kernel import clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts import queries, sentences
from huizhen.people.accounts.tests.people import INDEX, LOGIN, SECOND, app_code, enrol, fresh_cache, is_in, log_in
from huizhen.people.tests.builders import PASSWORD, make_account, make_member

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


def last_actions(count=1):
    return list(AuditEntry.objects.order_by("-id").values_list("action", flat=True)[:count])


def test_a_password_alone_does_not_open_the_house():
    account = enrol(make_account())
    client = Client()
    answer = client.post(LOGIN, {"login": account.username, "password": PASSWORD})
    assert answer.headers["Location"].startswith(SECOND)
    assert not is_in(client)
    assert client.get(SECOND).status_code == 200
    answer = client.post(SECOND, {"code": app_code(account)})
    assert is_in(client)
    assert answer.headers["Location"] == "/"
    assert last_actions() == ["people.account.logged_in"]


def test_the_demonstration_shows_the_code_of_the_app():
    account = enrol(make_account())
    client = log_in(account)
    assert app_code(account) in client.get(SECOND).content.decode()


def test_outside_the_demonstration_no_code_is_shown(settings):
    account = enrol(make_account())
    client = log_in(account)
    settings.DEMO = False
    assert app_code(account) not in client.get(SECOND).content.decode()


def test_a_code_works_once():
    account = enrol(make_account())
    code = app_code(account)
    assert is_in(log_in(account, code=code))
    assert not is_in(log_in(account, code=code))
    assert queries.get_demo_code(account.username, at=clock.now()) != code


def test_a_wrong_second_factor_is_refused_and_noted():
    account = enrol(make_account())
    client = log_in(account, code="000000" if app_code(account) != "000000" else "111111")
    assert not is_in(client)
    assert "people.account.second_factor_failed" in last_actions()


def test_staff_without_a_second_factor_enrol_before_anything_else():
    account = make_account()
    client = log_in(account)
    assert is_in(client)
    assert client.get("/account/sessions/").headers["Location"] == INDEX
    assert client.get(INDEX).status_code == 200
    assert client.get("/account/second-factor/totp/activate/").status_code == 200


def test_enrolling_opens_the_house(django_capture_on_commit_callbacks):
    client = log_in(make_account())
    page = client.get("/account/second-factor/totp/activate/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(clock.now().timestamp()) // queries.PERIOD))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/second-factor/totp/activate/", {"code": code})
    assert "recovery-codes" in answer.headers["Location"]
    assert client.get(answer.headers["Location"]).status_code == 200
    assert client.get("/account/sessions/").status_code == 200
    assert "people.account.second_factor_added" in last_actions(3)


def test_an_optional_second_factor_lets_staff_in_without_one(settings):
    settings.SECOND_FACTOR = "optional"
    client = log_in(make_account())
    assert client.get("/account/sessions/").status_code == 200


def test_the_last_second_factor_stays():
    account = enrol(make_account())
    client = log_in(account, code=app_code(account))
    page = client.post("/account/second-factor/totp/deactivate/", {})
    assert queries.has_second_factor(account), page


@pytest.mark.parametrize("name", ["nobody-here", "known"])
def test_a_wrong_password_and_an_unknown_name_read_the_same(name):
    make_account(username="known")
    answer = Client().post(LOGIN, {"login": name, "password": "wrong-wrong-wrong"})
    assert answer.status_code == 200
    assert [str(error) for error in answer.context["form"].non_field_errors()] == [str(sentences.WRONG)]
    assert last_actions() == ["people.account.log_in_failed"]


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one():
    account = enrol(make_account())
    for _try in range(5):
        log_in(account, password="wrong-wrong-wrong")
    answer = Client().post(LOGIN, {"login": account.username, "password": PASSWORD})
    assert "15" in str(answer.context["form"].non_field_errors())
    assert last_actions() == ["people.account.locked_out"]
    other = enrol(make_account())
    assert is_in(log_in(other, code=app_code(other)))


def test_a_lock_ends_by_itself(time_machine):
    account = enrol(make_account())
    for _try in range(6):
        log_in(account, password="wrong-wrong-wrong")
    assert not is_in(log_in(account, code=app_code(account)))
    from_now = clock.now().timestamp() + 16 * 60
    time_machine.move_to(from_now)
    assert is_in(log_in(account, code=app_code(account)))


def test_a_closed_account_stays_outside():
    account = enrol(make_account(is_active=False))
    assert not is_in(log_in(account, code=app_code(account)))


def test_secrets_of_second_factor_and_session_are_sealed():
    account = enrol(make_account())
    client = log_in(account, code=app_code(account))
    stored = account.authenticator_set.get()
    assert queries.demo_secret(account.username) not in str(stored.data)
    assert str(account.pk) not in Session.objects.get(pk=client.session.session_key).session_data
    assert is_in(client)


def test_a_phone_number_does_not_log_staff_in():
    account = make_member("expert").account
    answer = Client().post("/account/login/code/", {"phone": account.phone})
    assert answer.status_code == 302
    assert queries.get_patient_by_phone(account.phone).pk != account.pk
