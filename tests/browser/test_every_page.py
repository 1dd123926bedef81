"""Every page of the console that somebody sees, with what stands in it, checked by axe-core.

The pages are made by the program for the world of `tests/house/addresses_world.py` and taken back; Chromium reads them
with the real scripts and styles. What they would ask of the server afterwards is not answered: whoever clicks is in
`test_walk.py`.
"""

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.cache import cache
from playwright.sync_api import Browser, Page, Route
from pypdf import PdfReader

from huizhen.consult.joint.tests.builders import MONDAY
from tests.browser import chromium
from tests.house.addresses import Address, list_addresses, read_table
from tests.house.addresses_world import World, build
from tests.house.test_addresses import undone

pytestmark = pytest.mark.django_db
# Opened on a phone in Chinese, as most will read, and at a desk in English; then each is laid out for the other screen
# too. What axe-core says hangs on the page's structure and colours, which the language does not change: it is asked
# once, where it is narrow.
LOOKS = {"zh-hans": chromium.NARROW, "en": chromium.WIDE}
ASKED = "zh-hans"
ELSEWHERE = ("api/", "admin/", "styleguide/")  # no pages; django-unfold's own; `test_styleguide.py`
A4_WIDE = 595  # points
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
            made["paper"] = [make_one(world, person, where) for person, where in list_printed(world)]
            made["back office"] = [make_one(world, person, f"/admin/{where}") for person, where in BACK_OFFICE]
            made["asked for"] = [make_one(world, "system", "/admin/jsi18n/")]
    return made


def list_printed(world: World) -> list[tuple[str, str]]:
    """What people print: their worklist, a consultation with its report, the opinions side by side."""
    case = f"/consult/joint/{world.delivered}/"
    return [("coordinator", "/"), ("applicant", case), ("chair", f"{case}compare/")]


# A list, an empty form and a filled one of each kind of administrator's pages.
BACK_OFFICE = [
    ("system", ""), ("system", "people/organisation/"), ("system", "people/account/"), ("system", "kernel/promise/"),
    ("system", "kernel/promise/add/"), ("system", "people/practitioner/"), ("system", "lab/panel/"),
    ("security", "people/membership/add/"), ("audit", "kernel/auditentry/"),
]  # fmt: skip
# What django-unfold's own templates do not keep, by axe-core's rule.
OF_THE_TOOLKIT = {
    "aria-input-field-name": "its select with search, from Django's admin, names the box after the value shown in it",
    "landmark-one-main": "its skeleton is of plain divisions and has no main part",
    "region": "likewise",
    "target-size": "the button of its search field is smaller than 24 px",
}


class Screen:
    """A browser that is given pages as they were made; what they would ask of the server is not answered. One rule for
    all of them: a page that looks again by itself, while the next is on its way, gets no answer from elsewhere."""

    def __init__(self, browser: Browser, site: str, **look: Any) -> None:
        self.context = chromium.visit(browser, site, **look)
        self.besides: dict[str, Made] = {}  # what pages ask for when they are opened, by its address
        self.context.add_init_script("delete Navigator.prototype.serviceWorker")  # it would ask past these rules
        self.page = self.context.new_page()
        self.page.route("**/*", self._answer)

    def show(self, made: Made) -> Page:
        """Open a page as it was made."""
        self.made = made
        self.page.goto(made.address)
        return self.page

    def _answer(self, route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=204)  # the page stays: one on its way may keep a browser from being closed
        elif found := self._found(route):
            route.fulfill(status=200, headers=found.headers, body=found.body)
        elif "/static/" in route.request.url:
            route.continue_()
        else:
            route.abort()

    def _found(self, route: Route) -> Made | None:
        if route.request.is_navigation_request():
            return self.made
        return self.besides.get(urlsplit(route.request.url).path)


def make_one(world: World, person: str, where: str, language: str = "zh-hans") -> Made:
    """A page as this person gets it; whatever it does is taken back."""
    client = world.clients[person]
    with undone():
        kept = dict(client.cookies)
        client.cookies["django_language"] = language
        answer = client.get(where)
        client.cookies.clear()
        client.cookies.update(kept)
    headers = {name: value for name, value in answer.headers.items() if name.lower() in STAYS}
    return Made(where, person, headers, b"" if answer.streaming else answer.content)


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
        made = make_one(world, person, world.path(address), language)
        if made.headers.get("Content-Type", "").startswith("text/html") and b"<html" in made.body:
            yield replace(made, person=f"{person} at /{address.route}")


@pytest.mark.parametrize("language", LOOKS)
def test_every_page_is_sound(pages: dict[str, list[Made]], browser: Browser, site: str, language: str) -> None:
    """No accessibility finding, nothing wider than the screen, nothing the security policy had to stop."""
    faults: list[str] = []
    screen = Screen(browser, site, language=language, size=LOOKS[language])
    screen.page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    for made in pages[language]:
        faults += [f"{made.person}: {fault}" for fault in look(screen, made, language)]
    screen.context.close()
    assert len(pages[language]) > 100
    assert faults == []


def look(screen: Screen, made: Made, language: str) -> list[str]:
    """What is wrong with one page."""
    page = screen.show(made)
    found = chromium.axe(page) if language == ASKED else []
    if found:  # a script may have changed the page in the middle of the look; a fault stays
        found = chromium.axe(page)
    name = made.person.partition(" at /")[2].strip("/").replace("/", "-").replace("<", "").replace(">", "")
    own = LOOKS[language]
    for width, height in (own, *(size for size in LOOKS.values() if size != own), own):
        page.set_viewport_size({"width": width, "height": height})
        if wider := chromium.too_wide(page):
            found.append(f"{wider} px wider than a screen of {width} px")
        chromium.shoot(page, f"page-{name}-{language}-{width}")
    return found


def test_the_back_office_is_sound_but_for_what_its_toolkit_does(
    pages: dict[str, list[Made]], browser: Browser, site: str
) -> None:
    """The pages at /admin/ are django-unfold's: what it does not keep is named here by rule, and nothing else passes.
    The security policy is that of every page, and each expression in their attributes is one that our parser takes."""
    screen, found, said = Screen(browser, site, size=chromium.WIDE), set(), []
    listen(screen.page, said)
    screen.besides = {made.address: made for made in pages["asked for"]}
    for made in pages["back office"]:
        found |= {fault.partition(":")[0] for fault in chromium.axe(screen.show(made))}
        chromium.shoot(screen.page, f"back-office-{made.address.strip('/').replace('/', '-')}")
    screen.context.close()
    assert said == []
    assert sorted(found) == sorted(OF_THE_TOOLKIT), "new: mend it; kept by now: take the exception away"


def listen(page: Page, said: list[str]) -> None:
    """Keep what a page complains of."""
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)


# What belongs to the screen: ways to other pages, and what is pressed or filled in; a due time explains itself on paper.
ON_SCREEN = "nav, button, summary:not(:has(.badge)), input:not([type=hidden]), select, textarea, a.btn, .toast, dialog"


def test_paper_carries_the_matter_and_no_way_round_the_house(
    pages: dict[str, list[Made]], browser: Browser, site: str
) -> None:
    """Printed: who printed it and when, no navigation and nothing to press; what is read in one breath stays together."""
    screen, words = Screen(browser, site), {}
    for made in pages["paper"]:
        page = screen.show(made)
        page.emulate_media(media="print")
        seen = page.evaluate(
            f"""[...document.querySelectorAll("{ON_SCREEN}")].filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 120))"""
        )
        assert seen == [], made.address
        torn = page.evaluate(
            """[...document.querySelectorAll(".opinion, .entry, .bubble, tr, figure")].filter(
            one => one.checkVisibility() && getComputedStyle(one).breakInside !== "avoid").map(one => one.className)"""
        )
        assert torn == [], made.address
        paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert all(round(float(sheet.mediabox.width)) == A4_WIDE for sheet in paper.pages)
        words[made.address] = "".join(sheet.extract_text() for sheet in paper.pages)
        if chromium.PICTURES:
            (chromium.SHOTS / f"paper-{made.person}.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    screen.context.close()
    worklist, case, compared = (squeeze(text) for text in words.values())
    for text, who in ((worklist, "王静"), (case, "李明"), (compared, "专家1")):
        assert f"由{who}于2026-11-23" in text, "who printed it, and when"
    assert "明确诊断" in worklist
    assert "右肺上叶结节" not in worklist
    assert all(said in case for said in ("右肺上叶结节", "考虑早期肺癌可能。", "缺少增强CT", "血常规"))
    assert all(said in compared for said in ("专家1", "专家3", "倾向炎性结节。"))


def squeeze(text: str) -> str:
    """Without spaces, which a PDF has where its lines end, and with characters for the radicals that fonts name."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_the_board_goes_by_keys(pages: dict[str, list[Made]], browser: Browser, site: str) -> None:
    """Arrows go from card to card and stop at the edges; Tab leads to the card's own button, and Enter presses it."""
    screen = Screen(browser, site)
    page = screen.show(next(made for made in pages["zh-hans"] if made.address == "/centre/board/"))
    columns = page.evaluate(
        """[...document.querySelectorAll(".board-column")].map(column => [...column.querySelectorAll("[data-card]")]
        .map(card => card.getAttribute("href"))).filter(cards => cards.length)"""
    )
    assert len(columns) > 1
    assert sum(map(len, columns)) > 2

    def press(*keys: str) -> str:
        for key in keys:
            page.keyboard.press(key)
        return page.evaluate("document.activeElement.getAttribute('href')")

    page.locator("[data-board]").focus()
    assert press("ArrowDown") == columns[0][0]
    assert press("ArrowUp") == columns[0][0], "the edge"
    assert press(*["ArrowDown"] * 9) == columns[0][-1]
    assert press(*["ArrowRight"] * 9) == columns[-1][min(len(columns[0]), len(columns[-1])) - 1]
    assert press(*["ArrowLeft"] * 9, *["ArrowUp"] * 9) == columns[0][0]
    for _key in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.board-card button')"):
            break
    with page.expect_request(lambda sent: sent.method == "POST") as asked:
        page.keyboard.press("Enter")
    screen.context.close()
    assert asked.value.url == f"{site}{columns[0][0]}accept-material/"
