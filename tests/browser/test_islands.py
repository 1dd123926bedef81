"""The small scripts of the console do what they promise: nothing typed is lost, nothing grave happens by accident."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from huizhen.console import assets
from tests.browser import chromium


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = chromium.visit(browser, site, language="en")
    yield context.new_page()
    context.close()


def test_the_script_of_a_page_is_small_and_the_viewer_is_a_chunk_of_its_own() -> None:
    scripts = [assets.FOLDER / name for name in assets.closure(("main.ts",)) if name.endswith(".js")]
    assert scripts, "the assets are built before these tests"
    assert sum(script.stat().st_size for script in scripts) <= 150 * 1024, (
        "not compressed, all that a page loads at once"
    )


def test_what_was_typed_survives_a_reload_and_a_server_that_is_away_and_goes_with_the_log_out(page: Page) -> None:
    page.goto("/styleguide/new-2/")
    page.get_by_label("Summary of the illness").fill("Nodule, found by chance.")
    chromium.becomes(page, "Object.keys(sessionStorage).some((key) => key.startsWith('draft:'))")
    page.reload()
    expect(page.get_by_label("Summary of the illness")).to_have_value("Nodule, found by chance.")
    away = {"status": 503, "content_type": "text/html", "body": "away"}
    page.route(
        "**/new-2/", lambda route: route.fulfill(**away) if route.request.method == "POST" else route.continue_()
    )
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[data-draft]').requestSubmit()")
    page.goto("/styleguide/new-2/")
    expect(page.get_by_label("Summary of the illness")).to_have_value("Nodule, found by chance.")
    page.locator(".menu > summary").click()
    page.route("**/account/logout/", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Log out").click()
    chromium.becomes(page, "!Object.keys(sessionStorage).some((key) => key.startsWith('draft'))")


def test_what_was_typed_survives_an_answer_that_never_came(page: Page) -> None:
    page.goto("/styleguide/new-2/")
    page.get_by_label("Summary of the illness").fill("Nodule, found by chance.")
    page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator(".bar-next .btn-primary").click()
    page.wait_for_timeout(300)
    page.goto("/styleguide/new-2/")
    expect(page.get_by_label("Summary of the illness")).to_have_value("Nodule, found by chance.")


def test_secrets_are_not_kept(page: Page) -> None:
    page.goto("/styleguide/new-1/")
    page.get_by_text("A patient who is new here").click()
    page.get_by_label("Identity number", exact=True).fill("11010519491231002X")
    page.get_by_label("Name", exact=True).fill("Wang Xiuying")
    chromium.becomes(page, "Object.keys(sessionStorage).some((key) => key.startsWith('draft:'))")
    assert "11010519491231002X" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_a_grave_act_asks_first(page: Page) -> None:
    sent: list[str] = []
    page.goto("/styleguide/me-consents/")
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    page.get_by_role("button", name="Withdraw this consent").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Withdraw this consent?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert "POST" not in sent
    # Answered here, and the page stays: one that is on its way may keep the browser from being closed.
    page.route("**/me-consents/", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Withdraw this consent").click()
    with page.expect_request(lambda request: request.method == "POST" and "me-consents" in request.url):
        dialog.get_by_role("button", name="Withdraw", exact=True).click()


def test_a_due_badge_explains_itself_and_closes_with_escape(page: Page) -> None:
    page.goto("/styleguide/case/")
    badge = page.locator(".ball .due > summary")
    badge.click()
    expect(page.locator(".ball .popover-body")).to_contain_text("Zhou Min added 2 hours")
    page.keyboard.press("Escape")
    expect(page.locator(".ball .popover-body")).to_be_hidden()


def test_the_viewer_turns_by_key_wheel_and_slider(page: Page) -> None:
    page.goto("/styleguide/viewer/")
    stage, where = page.locator(".viewer-stage"), page.locator(".viewer-slide output")
    expect(where).to_have_text("12 of 24")
    stage.focus()
    page.keyboard.press("ArrowDown")
    expect(where).to_have_text("13 of 24")
    page.keyboard.press("End")
    expect(where).to_have_text("24 of 24")
    stage.hover()
    page.mouse.wheel(0, -120)
    expect(where).to_have_text("21 of 24")
    page.get_by_role("slider", name="Slice").fill("5")
    expect(where).to_have_text("5 of 24")
    page.get_by_role("button", name="Bone").click()
    expect(page.locator(".viewer-stage img")).to_have_attribute(
        "src", re.compile(r"/styleguide/frames/5\.png\?window=bone$"), timeout=5000
    )


def test_a_pulse_makes_the_page_look_again(page: Page) -> None:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/ws**", lambda socket: sockets.append(socket))
    page.goto("/styleguide/case/")
    expect(page.locator("#story")).to_be_visible()
    while not sockets:
        page.wait_for_timeout(50)
    assert "ticket=" in sockets[0].url
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    with page.expect_request(lambda request: "part=" in request.url) as asked:
        for number in (7, 8):
            sockets[0].send(f'{{"c":"case:00000000-0000-0000-0000-000000000000","n":{number}}}')
    assert asked.value.headers["x-huizhen-by-itself"] == "yes"
    [parts] = parse_qs(urlsplit(asked.value.url).query)["part"]
    assert {"head", "next", "opinions", "story"} <= set(parts.split(",")), "all that has changed is asked for at once"
    page.wait_for_timeout(1000)
    assert [url for url in seen if "part=" in url] == [asked.value.url]


@pytest.mark.parametrize("together", [True, False])
def test_a_page_that_is_not_open_to_one_any_more_does_not_stay_on_the_screen(page: Page, together: bool) -> None:
    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/ws**", lambda socket: sockets.append(socket))
    page.goto("/styleguide/case/")
    expect(page.locator("#story")).to_be_visible()
    while not sockets:
        page.wait_for_timeout(50)
    if not together:
        page.evaluate("document.querySelectorAll('[data-live]:not(#story)').forEach((region) => region.remove())")
    gone = {"status": 404, "content_type": "text/html", "body": "<main>There is nothing here</main>"}
    page.route(re.compile("/styleguide/case/|[?&]part="), lambda route: route.fulfill(**gone))
    sockets[0].send('{"c":"*","n":7}')
    expect(page.locator("main")).to_have_text("There is nothing here")


class Store:
    """A tus server in the test's hand: it keeps bytes, and fails when told to."""

    def __init__(self) -> None:
        self.kept = b""
        self.failing = 1
        self.metadata = ""

    def answer(self, route: Route) -> None:
        request = route.request
        if request.method == "POST":
            self.metadata = request.headers["upload-metadata"]
            return route.fulfill(status=201, headers={"Location": "/api/v1/uploads/7f"})
        if request.method == "HEAD":
            return route.fulfill(status=200, headers={"Upload-Offset": str(len(self.kept))})
        if self.kept and self.failing:
            self.failing -= 1
            return route.abort()
        assert int(request.headers["upload-offset"]) == len(self.kept)
        self.kept += request.post_data_buffer or b""
        return route.fulfill(status=204, headers={"Upload-Offset": str(len(self.kept))})


def test_an_upload_goes_on_after_the_network_was_gone(page: Page) -> None:
    store, content = Store(), bytes(range(256)) * 10000
    page.route("**/api/v1/uploads**", store.answer)
    page.goto("/styleguide/new-3/")
    page.set_input_files("#imaging-files", {"name": "胸部.zip", "mimeType": "application/zip", "buffer": content})
    row = page.locator("tus-upload[purpose=imaging] .upload").last
    expect(row).to_contain_text("Unsteady network")
    expect(row.locator("input[name=imaging]")).to_have_value("7f", timeout=15000)
    assert store.kept == content
    assert base64.b64encode("胸部.zip".encode()).decode() in store.metadata


def test_a_file_too_large_is_refused_before_it_is_sent(page: Page) -> None:
    page.goto("/styleguide/new-3/")
    page.locator("tus-upload[purpose=document]").evaluate("element => element.setAttribute('limit', '10')")
    page.set_input_files("#document-files", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x" * 20})
    expect(page.locator(".upload-refused")).to_contain_text("larger than 10 B")
