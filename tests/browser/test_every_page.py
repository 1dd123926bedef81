"""Every page of the console that somebody sees, with what stands in it, checked by axe-core.

The pages are made by the program for the world of `tests/house/addresses_world.py` and taken back; Chromium reads them
with the real scripts and styles. What they would ask of the server afterwards is not answered: whoever clicks is in
`test_walk.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from playwright.sync_api import Browser, Page, Route

from huizhen.consult.joint.tests.builders import MONDAY
from tests.browser import chromium
from tests.house.addresses import Address, list_addresses, read_table
from tests.house.addresses_world import World, build
from tests.house.test_addresses import undone

pytestmark = pytest.mark.django_db
# On a phone in Chinese, as most will read; at a desk in English, whose words are longer. What axe-core says hangs on
# the page's structure and colours, which the language does not change: it is asked once, where it is narrow.
LOOKS = {"zh-hans": chromium.NARROW, "en": chromium.WIDE}
ASKED = "zh-hans"
ELSEWHERE = ("api/", "admin/", "styleguide/")  # no pages; django-unfold's own; `test_styleguide.py`
STAYS = ("content-security-policy", "content-type")


@dataclass(frozen=True)
class Made:
    """A page as one person got it."""

    address: str
    person: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def pages(django_db_setup: Any, django_db_blocker: Any, signing: Any) -> Iterator[dict[str, list[Made]]]:
    """The pages of each language; made before the browser starts, whose loop would run in the same thread."""
    with django_db_blocker.unblock(), undone():
        cache.clear()
        with time_machine.travel(MONDAY, tick=False) as travel:
            world, table = build(travel), read_table()
            made = {language: list(make_all(world, table, language)) for language in LOOKS}
    return made


def make_all(world: World, table: dict[Address, dict[str, int]], language: str) -> Iterator[Made]:
    """Each page once, as the first person of the table sees it."""
    for address in list_addresses():
        if address.method != "GET" or address.route.startswith(ELSEWHERE):
            continue
        person = (
            next((name for name, code in table[address].items() if code == 200), None) if address in table else None
        )
        if person is None:
            continue
        client = world.clients[person]
        with undone():
            kept = dict(client.cookies)
            client.cookies["django_language"] = language
            answer = client.get(world.path(address))
            client.cookies.clear()
            client.cookies.update(kept)
        if answer.headers.get("content-type", "").startswith("text/html") and b"<html" in answer.content:
            headers = {name: value for name, value in answer.headers.items() if name.lower() in STAYS}
            yield Made(world.path(address), f"{person} at /{address.route}", headers, answer.content)


@pytest.mark.parametrize("language", LOOKS)
def test_every_page_is_sound(pages: dict[str, list[Made]], browser: Browser, site: str, language: str) -> None:
    """No accessibility finding, nothing wider than the screen, nothing the security policy had to stop."""
    faults: list[str] = []
    context = chromium.visit(browser, site, language=language, size=LOOKS[language])
    context.add_init_script("delete Navigator.prototype.serviceWorker")  # it would ask past the page's own routes
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    for made in pages[language]:
        faults += [f"{made.person}: {fault}" for fault in look(page, made, language)]
    context.close()
    assert len(pages[language]) > 100
    assert faults == []


def look(page: Page, made: Made, language: str) -> list[str]:
    """What is wrong with one page."""

    def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(status=200, headers=made.headers, body=made.body)
        elif "/static/" in route.request.url:
            route.continue_()
        else:
            route.abort()

    page.route("**/*", answer)
    page.goto(made.address)
    found = chromium.axe(page) if language == ASKED else []
    if wider := chromium.too_wide(page):
        found.append(f"{wider} px wider than the screen")
    name = made.person.partition(" at /")[2]
    chromium.shoot(page, f"page-{name.strip('/').replace('/', '-').replace('<', '').replace('>', '')}-{language}")
    page.unroute("**/*")
    return found
