"""Devices are called as their owners call them."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from django.utils import translation

from huizhen.console.devices import name_device
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_member

__all__ = ["fresh_cache"]
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/140.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (WINDOWS, "Chrome · Windows"),
        (f"{WINDOWS} Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/605 (KHTML, like Gecko) Version/18 Safari/605", "Safari · Mac"),
        (f"Mozilla/5.0 (Linux; Android 14) {KIT} Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8", "A device that does not say what it is"),
    ],
)  # fmt: skip
def test_browser_and_system(agent, name):
    with translation.override("en"):
        assert name_device(agent) == name


@pytest.mark.django_db
def test_the_page_of_log_ins_names_them():
    client, account = Client(), enrol(make_member("applicant").account)
    client.force_login(account)
    key = client.session.session_key
    UserSession.objects.create(user=account, session_key=key, ip="192.0.2.1", user_agent=WINDOWS)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Chrome · Windows" in page
    assert "Mozilla" not in page
