"""What the log-in tests share: a browser, an authenticator app, and the audit's last words."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from huizhen.kernel import clock
from huizhen.people.accounts import queries
from huizhen.people.tests.builders import PASSWORD

LOGIN, SECOND = "/account/login/", "/account/second-factor/authenticate/"
PHONE, CODE = "/account/login/code/", "/account/login/code/confirm/"
INDEX = "/account/second-factor/"


@pytest.fixture(autouse=True)
def fresh_cache(db):
    """Rate limits and spent codes of one test are no business of the next."""
    cache.clear()


def enrol(account):
    """Give an account an authenticator app, whose code `app_code` shows."""
    TOTP.activate(account, queries.demo_secret(account.username))
    return account


def app_code(account, ahead=0):
    """The six digits the app shows, `ahead` steps of 30 seconds from now."""
    step = int(clock.now().timestamp()) // queries.PERIOD + ahead
    return format_hotp_value(hotp_value(queries.demo_secret(account.username), step))


def log_in(account, *, client=None, password=PASSWORD, code=""):
    """Go through both steps of a staff log-in in a fresh browser, and return it."""
    client = client or Client()
    client.post(LOGIN, {"login": account.username, "password": password})
    if code:
        client.post(SECOND, {"code": code})
    return client


def is_in(client):
    """Whether the browser is logged in."""
    return "_auth_user_id" in client.session
