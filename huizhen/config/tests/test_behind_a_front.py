"""Behind a front server that speaks HTTPS, as deploy/Caddyfile sets one up: forms are taken, the socket is a safe one."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as configured
from django.test import Client

pytestmark = pytest.mark.django_db
PROGRAM = "from huizhen.config import settings; print(settings.SECURE_PROXY_SSL_HEADER)"
FRONT = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "localhost", "HTTP_ORIGIN": "https://localhost"}


def told(https: str) -> str:
    environ = os.environ | {"HUIZHEN_DEMO": "yes", "HUIZHEN_HTTPS": https}
    line = [sys.executable, "-c", PROGRAM]
    return subprocess.run(
        line, cwd=configured.ROOT, env=environ, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_who_is_in_front_is_believed_only_where_everything_comes_over_https():
    assert told("yes") == "('HTTP_X_FORWARDED_PROTO', 'https')"
    assert told("no") == "None"


@pytest.mark.parametrize(("header", "status"), [(("HTTP_X_FORWARDED_PROTO", "https"), 200), (None, 403)])
def test_a_form_sent_over_https_is_taken(header, status, settings):
    settings.SECURE_PROXY_SSL_HEADER = header
    browser = Client(enforce_csrf_checks=True)
    browser.get("/account/login/", **FRONT)
    token = browser.cookies["csrftoken"].value
    sent = {"login": "nobody", "password": "nothing", "csrfmiddlewaretoken": token}
    assert browser.post("/account/login/", sent, **FRONT).status_code == status
