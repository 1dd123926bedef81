"""Collecting on a phone: with the network gone, an answer lost and a page reloaded, each tube is stored once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from huizhen.api.tests.clients import token_for
from huizhen.kernel import clock
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.paper import code128
from huizhen.lab.specimens.models import Campaign, Tube, TubePerson
from huizhen.lab.specimens.rules import make_barcode, write_code
from huizhen.lab.tests.builders import Lab, make_lab, patients_of
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.tests.builders import make_member
from huizhen.records.tests.builders import make_number
from tests.browser import chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_jobs")]
HERE = "/lab/collect/"


@pytest.fixture
def lab() -> Lab:
    lab = make_lab()
    Campaign.objects.create(
        organisation=lab.home, name="County test", panel=Panel.objects.get(code="NCOV"), capacity=1,
        begins_on=clock.now().date() - timedelta(days=1), ends_on=clock.now().date() + timedelta(days=1),
    )  # fmt: skip
    return lab


@pytest.fixture
def doctor(lab: Lab) -> Account:
    """Somebody of the site's hospital who orders tests."""
    return make_member("applicant", lab.home, name="He Miao").account


@pytest.fixture
def page(browser: Browser, live_server: Any, lab: Lab, doctor: Account) -> Iterator[Page]:
    page = enter(browser, live_server.url, lab)
    yield page
    page.context.close()


def enter(browser: Browser, address: str, lab: Lab) -> Page:
    """The collector's phone."""
    token = token_for(enrol(Account.objects.get(id=lab.collector.account_id)))
    context = chromium.visit(browser, address, language="en", size=chromium.NARROW)
    context.add_cookies([{"name": "huizhen_session", "value": token, "url": address}])
    page = context.new_page()
    page.goto(HERE)
    return page


def film_of(code: str) -> bytes:
    """A film of one picture: the label's bars, black on white (Y4M, 640 × 480)."""
    rows = [255] * 640
    place = 60
    for number, width in enumerate(code128(code)):
        for _ in range(int(width) * 4):
            rows[place] = 235 if number % 2 else 16
            place += 1
    bright = bytes(255 if value == 255 else value for value in rows)
    picture = bytes([235]) * 640 * 140 + bright * 200 + bytes([235]) * 640 * 140
    return (
        b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + picture + bytes([128]) * (640 * 480 // 2)) * 10
    )


def scan(page: Page, text: str) -> None:
    """As a scanner types: fast, then Enter."""
    expect(page.locator("[data-part=field]")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def scan_here(page: Page, text: str) -> None:
    """As a scanner types where the caret stands, with nothing between two keys however busy this machine is."""
    page.evaluate(
        """(keys) => {
            const field = document.activeElement;
            for (const key of keys) {
                field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
                if (key.length === 1) field.value += key;
            }
        }""",
        [*text, "Enter"],
    )


def count(page: Page) -> Any:
    return page.locator("[data-part=count]")


def choose(page: Page, doctor: Account) -> None:
    """Say who ordered what is collected from now on."""
    page.locator(".collect-chosen").click()
    page.select_option("#doctor", str(doctor.id))
    page.locator(".collect-chosen").click()
    expect(page.locator(".collect-chosen")).to_contain_text(doctor.name)
    page.locator("[data-part=field]").focus()


def test_a_morning_with_a_bad_network(page: Page, lab: Lab, doctor: Account) -> None:
    known = [write_code(key) for key in patients_of([lab.collect(5, barcode="BEFORE-1")])]
    labels = [make_barcode(lab.site.code, serial) for serial in range(1, 6)]
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    expect(count(page)).to_have_text("Everything has been sent")

    choose(page, doctor)
    scan(page, known[0])
    scan(page, labels[0])
    expect(page.locator("[data-part=said]")).to_contain_text(f"Kept {labels[0]}")
    expect(count(page)).to_have_text("Everything has been sent")
    chromium.becomes(page, "navigator.serviceWorker.controller !== null")
    assert Tube.objects.filter(barcode=labels[0]).count() == 1

    page.context.set_offline(True)
    scan(page, labels[1])
    expect(page.locator("[data-part=barcode]")).to_have_text(labels[1])
    page.reload()
    expect(page.locator("[data-part=barcode]")).to_have_text(labels[1])
    scan(page, known[1])
    scan(page, known[2])
    scan(page, "BEFORE-1")
    expect(count(page)).to_have_text("2 not yet sent")
    page.reload()
    expect(count(page)).to_have_text("2 not yet sent")
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".toast")).to_contain_text("2 tubes are not sent yet")
    assert known[1] not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")

    cut: list[Route] = []

    def lose(route: Route) -> None:
        """The server has it; its answer never arrives."""
        if cut:
            return route.continue_()
        cut.append(route)
        route.fetch()
        return route.abort()

    page.context.route("**/api/v1/lab/collections", lose)
    page.context.set_offline(False)
    expect(count(page)).to_have_text("Everything has been sent", timeout=30_000)
    assert cut
    assert Tube.objects.filter(barcode=labels[1], orders__doctor=doctor.id).count() == 1
    assert TubePerson.objects.count() == 5 + 2

    expect(page.locator("[data-part=mends]")).to_contain_text("in use already")
    page.get_by_role("button", name="Put right and send again").click()
    scan(page, labels[2])
    expect(page.locator("[data-part=mends] li")).to_have_count(0)
    expect(count(page)).to_have_text("Everything has been sent")
    assert Tube.objects.filter(barcode=labels[2], persons__patient_id__isnull=False).count() == 1
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/account/**")
    chromium.becomes(page, "caches.keys().then((names) => names.length === 0)")
    assert faults == []


def test_a_pool_fills_by_any_scanner_and_a_tube_never_goes_into_a_tube(page: Page, lab: Lab, live_server: Any) -> None:
    known = [write_code(key) for key in patients_of([lab.collect(5, barcode="BEFORE-1")])]
    page.locator(".collect-chosen").click()
    page.select_option("#capacity", "5")
    page.locator(".collect-chosen").click()
    page.locator("[data-part=field]").focus()
    said = page.locator("[data-part=said]")
    scan(page, "POOL-1")
    scan(page, "POOL-2")
    expect(said).to_contain_text("A tube is never put into a tube")
    scan(page, known[0])
    scan(page, known[0].lower())
    expect(said).to_contain_text("in the tube already")
    scan(page, "11010119800506002X")
    expect(said).to_contain_text("not right")
    scan(page, make_number())
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("Li Mei", delay=60)
    scan_here(page, known[1])  # somebody scans while the caret stands in the name
    expect(page.locator("#name")).to_have_value("Li Mei")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=seats]")).to_have_text("3 of 5 persons")
    for language, size in (("zh-hans", chromium.NARROW), ("en", chromium.WIDE)):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.reload()
        expect(page.locator("[data-part=barcode]")).to_have_text("POOL-1")
        chromium.shoot(page, f"collect-{language}-{size[0]}")
        assert (chromium.axe(page), chromium.too_wide(page)) == ([], 0)
    # The line below says so before the click, too: what counts is the answer.
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Close the tube").click()
    expect(count(page)).to_have_text("Everything has been sent")
    assert TubePerson.objects.filter(tube__barcode="POOL-1").count() == 3


def test_the_camera_reads_a_label(browser: Browser, live_server: Any, lab: Lab, tmp_path: Path) -> None:
    """With Chromium's stand-in for a camera, which plays a film of one of our labels."""
    code = "17517616308364"  # a reader that looks for EAN-13 too takes it for another number
    film = tmp_path / "label.y4m"
    film.write_bytes(film_of(code))
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    flags += [f"--use-file-for-fake-video-capture={film}", *chromium.FLAGS]
    seeing = browser.browser_type.launch(executable_path=chromium.EXECUTABLE, args=flags)
    page = enter(seeing, live_server.url, lab)
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("[data-part=barcode]")).to_have_text(code, timeout=120_000)
    seeing.close()
