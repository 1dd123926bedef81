"""Sessions end: idle, too long, from outside, and with a new password."""

from datetime import timedelta

import pytest
from django.test import Client

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM
from huizhen.people.accounts import actions, queries
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import BY_ITSELF
from huizhen.people.accounts.tests.people import app_code, enrol, fresh_cache, log_in
from huizhen.people.tests.builders import PASSWORD, make_account

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
PAGE = "/account/sessions/"


@pytest.fixture
def account():
    return enrol(make_account())


def open_browser(account, ahead=0):
    return log_in(account, code=app_code(account, ahead))


def is_open(client):
    return client.get(PAGE).status_code == 200


def test_half_an_hour_without_a_click_ends_a_session(account, time_machine):
    client = open_browser(account)
    start = clock.now()
    time_machine.move_to(start + timedelta(minutes=29))
    assert is_open(client)
    time_machine.move_to(start + timedelta(minutes=58))
    assert is_open(client)
    time_machine.move_to(start + timedelta(minutes=89))
    assert not is_open(client)


def test_a_page_that_refreshes_itself_does_not_keep_a_session_open(account, time_machine):
    client = open_browser(account)
    start = clock.now()
    time_machine.move_to(start + timedelta(minutes=20))
    assert client.get(PAGE, headers={BY_ITSELF: "1"}).status_code == 200
    time_machine.move_to(start + timedelta(minutes=35))
    assert not is_open(client)


def test_half_a_day_ends_a_session_however_busy(account, time_machine):
    client = open_browser(account)
    start = clock.now()
    for minutes in range(25, 12 * 60, 25):
        time_machine.move_to(start + timedelta(minutes=minutes))
        assert is_open(client)
    time_machine.move_to(start + timedelta(hours=12, minutes=5))
    assert not is_open(client)


def test_sessions_are_listed_and_the_others_can_be_ended(account):
    here, there = open_browser(account), open_browser(account, 1)
    assert len(queries.list_sessions(account.pk)) == 2
    assert is_open(there)
    here.post(PAGE)
    assert is_open(here)
    assert not is_open(there)


def test_a_new_password_ends_all_other_sessions(account):
    here, there = open_browser(account), open_browser(account, 1)
    new = "another-county-18"
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert is_open(here)
    assert not is_open(there)
    assert len(queries.list_sessions(account.pk)) == 1


def test_closing_an_account_throws_everybody_out(account):
    client = open_browser(account)
    actions.deactivate(account.pk, actor=SYSTEM, at=clock.now())
    assert not is_open(client)
    assert queries.list_sessions(account.pk) == []


def test_nobody_sees_sessions_without_logging_in():
    assert Client().get(PAGE).status_code == 302


def test_everybody_reads_on_in_the_language_of_the_account(account):
    Account.objects.filter(pk=account.pk).update(language="en")
    client = Client()
    client.cookies["django_language"] = "zh-hans"  # whoever sat here before
    log_in(account, client=client, code=app_code(account))
    assert client.cookies["django_language"].value == "en"


def test_a_language_chosen_on_the_way_in_or_inside_stays_with_the_account(account):
    client = Client()
    client.post("/language/", {"language": "en"})
    log_in(account, client=client, code=app_code(account))
    account.refresh_from_db()
    assert (account.language, client.cookies["django_language"].value) == ("en", "en")
    client.post("/language/", {"language": "zh-hans"})
    client.post("/language/", {"language": "xx"})
    account.refresh_from_db()
    assert account.language == "zh-hans"
