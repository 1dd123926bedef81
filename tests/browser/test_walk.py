"""One consultation from the application to the withdrawn consent, clicked through in browsers by everybody concerned.

Everything is real: the processes of `huizhen up`, the uploads, the jobs, the pulses, the signed file.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from huizhen.people.tests.builders import PASSWORD
from tests.browser import chromium
from tests.browser.board import move_by_keys
from tests.browser.keeping import keep_rules
from tests.browser.speaking import switch_language
from tests.faults.running import Running, running

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ("Content Security", "The reading desk did not open")  # what no page may say on its console
PATIENCE = 60_000  # milliseconds; a loaded machine is slow and still right
LOOKS = (("zh-hans", chromium.NARROW), ("en", chromium.WIDE))
QUESTION = "右肺上叶混合磨玻璃结节，是否需要手术？如需手术，转往哪里更合适？"
SUMMARY = "女，68 岁。体检发现右肺上叶结节 2 周，无咳嗽、咯血、消瘦。既往高血压 10 年，规律服药。"


class Walk:
    """The house, its people and their browsers; `faults` gathers what should not be on any page."""

    def __init__(self, browser: Browser, house: Running) -> None:
        self.browser = browser
        self.address = f"http://127.0.0.1:{house.environ['HUIZHEN_WEB_PORT']}"
        self.folder = house.folder / "hand"
        self.folder.mkdir()
        line = [sys.executable, "-m", "tests.browser.people", str(self.folder)]
        made = subprocess.run(line, env=house.environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        self.people: dict[str, Any] = json.loads(made.stdout)
        self.faults: list[str] = []

    def visitor(self, language: str = "zh-hans", size: tuple[int, int] = chromium.WIDE) -> Page:
        """Somebody's fresh browser."""
        context = chromium.visit(self.browser, self.address, language=language, size=size)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda said: self.faults.append(said.text) if any(w in said.text for w in FAULTS) else None)
        page.on("pageerror", lambda fault: self.faults.append(f"{page.url}: {fault}"))
        page.on("response", lambda got: self.faults.append(f"{got.url}: {got.status}") if got.status >= 500 else None)
        return page

    def look(self, page: Page, name: str) -> None:
        """Both languages, a desk and a phone: no accessibility finding, nothing too wide. The reader's own language is
        looked at last, so that the page stands as it stood."""
        size, own = page.viewport_size, language_of(page)
        for language, (width, height) in sorted(LOOKS, key=lambda look: look[0] == own):
            page.context.add_cookies([{"name": "django_language", "value": language, "url": self.address}])
            page.set_viewport_size({"width": width, "height": height})
            page.reload()
            page.evaluate("scrollTo(0, 0)")  # a bar that sticks halfway covers what axe measures
            self.faults += [f"{name} {language} {width}: {finding}" for finding in chromium.axe(page)]
            for across, down in (chromium.NARROW, chromium.WIDE):
                page.set_viewport_size({"width": across, "height": down})
                if wider := chromium.too_wide(page):
                    self.faults.append(f"{name} {language} {across}: {wider} px wider than the screen")
                chromium.shoot(page, f"walk-{name}-{language}-{across}")
        page.set_viewport_size(size)

    def log_in(self, name: str, language: str = "zh-hans", *, looking: bool = False) -> Page:
        """A member of staff with password and the code that the demonstration shows."""
        page = self.visitor(language)
        page.goto("/account/login/")
        if looking:
            self.look(page, "log-in")
        page.fill("[name=login]", name)
        page.fill("[name=password]", PASSWORD)
        page.locator("form.form .btn-primary").click()
        page.wait_for_url("**/second-factor/**")
        if looking:
            self.look(page, "second-factor")
        page.fill("[name=code]", digits(page))
        page.locator("form.form .btn-primary").click()
        expect(page.locator(".menu-name")).to_be_visible()
        return page


def language_of(page: Page) -> str:
    """In which language this browser reads."""
    return next(one["value"] for one in page.context.cookies() if one["name"] == "django_language")


def digits(page: Page) -> str:
    """The code that the demonstration shows."""
    return re.search(r"\b\d{6}\b", page.locator(".note:visible").inner_text()).group()


def press(page: Page, act: str) -> None:
    """An act of one button on the case's page; what it asks first is answered with yes."""
    page.locator(f'form[action$="/{act}/"] button').first.click()
    expect(page.locator(".toast").first).to_be_visible()


def follow(page: Page, act: str) -> None:
    """The link to an act with a page of its own."""
    page.locator(f'#next a[href$="/{act}/"]').first.click()
    page.wait_for_url(f"**/{act}/")


def sign(page: Page) -> None:
    """Sign what stands in the form, and say yes when asked again."""
    page.locator("button[value=sign]").click()
    page.locator("#confirm button[value=yes]").click()


@pytest.fixture
def walk(browser: Browser) -> Iterator[Walk]:
    with running(pages=True) as house:
        yield Walk(browser, house)


def register(page: Page) -> None:
    """Somebody who is new here, by the form in the fold; then found again; the story is another patient's."""
    fold = page.locator(".fold")
    if fold.get_attribute("open") is None:
        fold.locator("> summary").click()
    page.fill("[name=name]", "林初诊")
    page.select_option("[name=identity_kind]", "none")
    page.select_option("[name=sex]", "female")
    page.fill("[name=birth_on]", "1958-04-12")
    page.locator(".bar-next .btn-primary").click()
    page.wait_for_url("**/question/")
    page.goto("/consult/joint/new/")
    page.locator("#find").press_sequentially("林初诊")
    expect(page.locator("#found")).to_contain_text("林初诊")
    page.fill("#find", "")


def upload(walk: Walk, page: Page) -> None:
    """Images and a paper. Their last pieces are held up until the page has said how far it is."""
    held: list[Route] = []
    seen: list[str] = []  # what the page has shown the progress of; then all goes on
    page.route(
        "**/api/v1/uploads/**",
        lambda route: held.append(route) if is_piece(route) and len(seen) < 2 else route.continue_(),
    )
    for purpose, name in (("imaging", "ct.zip"), ("document", "blood.pdf")):
        page.set_input_files(f"#{purpose}-files", walk.folder / name)
        here = page.locator(f"tus-upload[purpose={purpose}] .upload")
        expect(here.get_by_role("progressbar", name=name)).to_be_visible()
        expect(here.locator(".upload-state")).to_be_visible()
        seen.append(name)
    for route in held:
        route.continue_()
    for purpose in ("imaging", "document"):
        expect(page.locator(f"tus-upload[purpose={purpose}] input[name={purpose}]")).to_have_count(1)
        expect(page.locator(f"tus-upload[purpose={purpose}] progress")).to_be_hidden()


def is_piece(route: Route) -> bool:
    """Whether a request carries bytes of a file."""
    return route.request.method == "PATCH"


def apply(walk: Walk, page: Page) -> str:
    """Through the five steps, with uploads; the address of the case."""
    go_on = page.locator(".bar-next .btn-primary")
    page.goto("/consult/joint/new/")
    page.locator(".fold > summary").click()
    walk.look(page, "new-patient")
    register(page)
    page.locator("#find").press_sequentially(walk.people["patient"])
    # What was found before stands there until the new answer comes.
    expect(page.locator("#found")).to_contain_text(walk.people["patient"])
    expect(page.locator("#found")).not_to_contain_text("林初诊")
    page.locator("#found input[name=patient]").check()
    go_on.click()

    page.locator("[name=purpose][value=surgery]").check()
    page.fill("[name=question]", QUESTION)
    page.fill("[name=summary]", SUMMARY)
    page.select_option("[name=specialty]", label=walk.people["specialty"])
    switch_language(page, "[name=question]", "[name=summary]", "[name=specialty]")
    go_on.click()
    page.wait_for_url("**/materials/")
    page.go_back()
    walk.look(page, "new-question")
    go_on.click()

    upload(walk, page)
    go_on.click()
    page.wait_for_url("**/consent/")
    page.go_back()
    expect(page.locator("[name=have_document]:checked")).to_have_count(1)
    expect(page.locator("[name=have_study]:checked")).to_have_count(1)
    walk.look(page, "new-materials")
    go_on.click()

    page.set_input_files("#paper-files", walk.folder / "consent.pdf")
    expect(page.locator("input[name=paper]")).to_have_count(1)
    page.locator("[name=agreed]").check()
    page.locator("[name=urgency][value=urgent]").check()
    page.fill("[name=urgent_why]", "家属要求一周内决定是否转院。")
    go_on.click()
    page.wait_for_url("**/check/")
    page.go_back()
    walk.look(page, "new-consent")
    go_on.click()
    page.wait_for_url("**/check/")
    walk.look(page, "new-check")
    go_on.dblclick()
    page.wait_for_url(re.compile(r"/consult/joint/[0-9a-f-]{36}/$"))
    return page.url


def assign(walk: Walk, page: Page, case: str, accept: Callable[[], None]) -> None:
    """The centre: takes it in, invites three, names the chair as soon as the answers show, lets them begin."""
    page.goto("/")
    here = page.locator(f"a[href$='{urlsplit(case).path}']")
    expect(page.locator("main .case-row, main .row").filter(has=here)).to_have_count(1)
    walk.look(page, "worklist")
    move_by_keys(page, case, "submitted", "received")
    switch_language(page)
    move_by_keys(page, case, "received", "assigning")
    page.goto(case)
    follow(page, "invite")
    found = page.locator("form:has(.bar-next) [name=expert][type=checkbox]")
    expect(found).to_have_count(len(walk.people["experts"]))
    walk.look(page, "invite")
    for box in found.all():
        box.check()
    page.locator(".bar-next .btn-primary").click()
    page.wait_for_url(case)
    accept()
    follow(page, "name-chair")
    page.locator("[name=invitation]").first.check()
    page.locator(".bar-next .btn-primary").click()
    page.wait_for_url(case)
    press(page, "start-review")


def opine(walk: Walk, page: Page, case: str, *, dissents: bool, looking: bool) -> str:
    """An expert: scrolls through the images, writes, signs; the address of the images."""
    page.goto(case)
    page.locator("#materials .series a").first.click()
    where = page.locator(".viewer-slide output")
    before = where.inner_text()
    page.locator(".viewer-stage").focus()
    page.keyboard.press("ArrowDown")
    expect(where).not_to_have_text(before)
    images = page.url
    chromium.becomes(page, "document.querySelector('.viewer-stage img').naturalWidth > 0")
    chromium.becomes(page, "document.querySelector('image-viewer').dataset.ready === 'yes'")
    if looking:
        walk.look(page, "viewer")
    page.goto(case)
    expect(page.locator("#opinions .signed")).to_have_count(0)
    follow(page, "opinion")
    page.fill("[name=findings]", "右肺上叶尖段 14 mm 混合磨玻璃结节，实性成分 5 mm，边缘可见短毛刺。")
    page.fill("[name=assessment]", "不能除外局灶性炎症。" if dissents else "考虑微浸润性腺癌可能性大。")
    page.fill("[name=advice]", "抗炎两周后复查薄层 CT。" if dissents else "胸外科评估胸腔镜手术。")
    if dissents:
        page.locator("[name=stance][value=dissent]").check()
        page.fill("[name=stance_reason]", "缺少既往影像对比。")
        switch_language(page, "[name=findings]", "[name=assessment]", "[name=advice]", "[name=stance_reason]")
    if looking:
        page.locator("button[value=keep]").click()
        expect(page.locator(".toast").first).to_be_visible()
        walk.look(page, "opinion")
    sign(page)
    page.wait_for_url(f"{case}#opinions")
    return images


def conclude(walk: Walk, page: Page, case: str) -> None:
    """The chair: all have signed, the draft lies there; edits it, looks at the PDF, signs."""
    page.goto(case)
    follow(page, "report")
    walk.look(page, "report")
    page.locator("[name=conclusion-text]").first.fill("多数专家考虑微浸润性腺癌，建议转胸外科评估手术。")
    switch_language(page, "[name=conclusion-text]")
    with page.context.expect_event("response", lambda got: "preview.pdf" in got.url) as shown:
        page.locator("button[value=preview]").click()
    assert shown.value.headers["content-type"] == "application/pdf"
    sign(page)
    page.wait_for_url(case)


def follow_up(walk: Walk, case: str, readers: list[str]) -> None:
    """The patient: logs in with the phone, sees how it stands and who read, takes the consent back."""
    page = walk.visitor(size=chromium.NARROW)
    page.goto("/account/login/code/")
    walk.look(page, "phone")
    page.fill("[name=phone]", walk.people["phone"])
    page.locator("form.form .btn-primary").click()
    page.wait_for_url("**/confirm/**")
    walk.look(page, "phone-code")
    page.fill("[name=code]", digits(page))
    page.locator("form.form .btn-primary").click()
    page.wait_for_url("**/me/")
    walk.look(page, "me")
    page.locator("#cases a").first.click()
    page.wait_for_url(case)
    expect(page.locator("#report")).to_contain_text("微浸润性腺癌")
    expect(page.locator("#opinions .opinion")).to_have_count(0)
    walk.look(page, "case-patient")
    page.goto("/me/access/")
    for name in readers:
        expect(page.locator("main .read").filter(has_text=name).first).to_be_visible()
    walk.look(page, "me-access")
    page.goto("/me/consents/")
    walk.look(page, "me-consents")
    switch_language(page)
    page.locator(".consent:not(.consent-ended) .btn-grave, .consent:not(.consent-ended) button").first.click()
    page.locator("#confirm button[value=yes]").click()
    expect(page.locator(".consent-ended")).to_have_count(1)


def let_follow(walk: Walk, page: Page, case: str) -> None:
    """The doctor makes a link for the daughter, who opens it on her phone with the code she gets, without an account."""
    page.goto(f"{case}family/")
    page.fill("[name=name]", "女儿")
    page.fill("[name=phone]", "13912345678")
    page.locator("form.form .btn-primary").click()
    link = page.locator("#link").input_value()
    daughter = walk.visitor("en", size=chromium.NARROW)
    daughter.goto(walk.address + link[link.index("/follow/") :])
    daughter.locator("form.form .btn-primary").click()
    daughter.fill("[name=code]", re.search(r"\d{6}", daughter.locator(".field-hint").inner_text()).group())
    daughter.locator("form.form .btn-primary").click()
    expect(daughter.locator(".path")).to_be_visible()
    expect(daughter.locator("main")).not_to_contain_text("腺癌")
    switch_language(daughter)
    expect(daughter.locator(".path")).to_be_visible()
    walk.look(daughter, "follow")


def test_a_consultation_from_beginning_to_end(walk: Walk) -> None:
    applicant = walk.log_in(walk.people["applicant"], looking=True)
    case = apply(walk, applicant)
    walk.look(applicant, "case-submitted")
    applicant.evaluate("window.stays = 'open'")

    experts = [walk.log_in(name, "en" if n == 1 else "zh-hans") for n, name in enumerate(walk.people["experts"])]

    def accept() -> None:
        for page in experts:
            page.goto(case)
            press(page, "accept")

    coordinator = walk.log_in(walk.people["coordinator"], "en")
    assign(walk, coordinator, case, accept)
    walk.look(coordinator, "case-reviewing")
    images = [opine(walk, page, case, dissents=number == 2, looking=number == 2) for number, page in enumerate(experts)]
    conclude(walk, experts[0], case)

    link = applicant.locator('#report a[href$="/report/1.pdf"]')
    expect(link).to_be_visible(timeout=PATIENCE)
    expect(applicant.locator("#report")).to_contain_text("微浸润性腺癌")
    assert applicant.evaluate("window.stays") == "open", "nobody reloaded the page"
    walk.look(applicant, "case-delivered")
    with applicant.expect_download() as got:
        link.click()
    signed = Path(got.value.path()).read_bytes()
    assert signed.startswith(b"%PDF-")
    assert b"/ByteRange" in signed

    assert experts[1].goto(images[1]).status == 200
    follow_up(walk, case, ["李明", "王静", "专家2"])
    assert experts[1].goto(images[1]).status == 404
    let_follow(walk, applicant, case)
    coordinator.goto("/centre/board/")
    walk.look(coordinator, "board")
    keep_rules(walk)
    assert not walk.faults, "\n".join(walk.faults)
