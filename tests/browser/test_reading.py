"""The reading desk of the images, as a doctor uses it: turned, windowed, measured, compared, marked.

Chromium without a display has no graphics card: WebGL is imitated by the processor, and the desk draws on a plain
canvas. That way of drawing is walked here, and so is a browser that has no WebGL at all; a real card is not.
"""

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from huizhen.console.records.tests.desk import staff, upload
from huizhen.kernel import clock
from huizhen.people.tests.builders import make_organisation
from huizhen.records.imaging import actions
from huizhen.records.imaging.models import ImagingSeries, KeyImage
from huizhen.records.imaging.samples import FIELD, ChestCT, Person, chest_ct, slice_values
from huizhen.records.measures.models import Measurement
from huizhen.records.tests.builders import NOBODY, make_consent, make_ct, make_patient, make_zip
from huizhen.records.tests.cases import make_case
from tests.browser import chromium
from tests.browser.reading import SEED, SIZE, SLICES, SPACING, Hand, shows, thinned, upright, where_drawn

pytestmark = pytest.mark.django_db(transaction=True)
EARLIER = date(2025, 6, 1)
WITHOUT_WEBGL = """const made = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : made.call(this, kind, ...more);
};"""
READY = "document.querySelector('image-viewer').dataset.ready === 'yes'"


@pytest.fixture
def reader(transactional_db: None, own_jobs: None) -> Any:
    """An expert in a consultation whose patient has a CT of three series, all slices, every third of them and one cut
    upright, and one of eight slices from the year before."""
    house = make_organisation()
    patient, doctor, expert = make_patient(house), staff("applicant", house), staff("expert")
    full = make_ct(patient, slices=SLICES, size=SIZE, seed=SEED)
    before = chest_ct(ChestCT(Person(patient.name, "T-1", patient.birth_on, patient.sex), EARLIER, SEED + "2", 8, 32))
    packed = [
        upload(doctor, "ct.zip", make_zip(images), "imaging").id
        for images in ([*full, *map(thinned, full[::3]), upright(full[0])], before)
    ]
    with transaction.atomic():
        expert.case = make_case(patient, expert=expert.account)
    run = actions.start_import(patient, packed, actor=doctor.actor, at=clock.now(), case_id=expert.case.id)
    actions.run_import(run.id, at=clock.now())
    make_consent(patient, case=expert.case)
    return expert


@pytest.fixture
def page(browser: Browser, live_server: Any, reader: Any) -> Iterator[Page]:
    """The expert's browser; no fault may be on its console."""
    context = chromium.visit(browser, live_server.url, language="en")
    context.add_cookies(
        [{"name": name, "value": one.value, "url": live_server.url} for name, one in reader.cookies.items()]
    )
    page, faults = context.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.route_web_socket("**/ws**", lambda socket: None)  # the live process does not run here
    yield page
    assert faults == []
    context.close()


def open_images(page: Page, case: Any) -> None:
    """From the consultation to its first series, until one can measure on it."""
    full = ImagingSeries.objects.annotate(images=Count("instances")).get(images=SLICES)
    page.goto(f"{reverse('series', args=[full.id])}?case={case.id}")
    chromium.becomes(page, READY)


def turn(page: Page, hand: Hand) -> None:
    """The slices, by wheel, key and slider."""
    where = hand.stage.locator("[data-where]")
    expect(where).to_have_text("6 of 12")
    hand.stage.hover()
    page.mouse.wheel(0, 80)
    expect(where).to_have_text("8 of 12")
    hand.stage.focus()
    page.keyboard.press("End")
    expect(where).to_have_text("12 of 12")
    page.get_by_role("slider", name="Slice").fill("6")
    expect(where).to_have_text("6 of 12")


def set_window(page: Page, hand: Hand) -> None:
    """A preset; then dragged: to the right wider, downwards darker or brighter, as the level says."""
    levels = hand.stage.locator("[data-levels]")
    hand.take("Bone")
    expect(levels).to_have_text("Level 300 width 1500")
    hand.take("Lung")
    expect(levels).to_have_text("Level -600 width 1500")
    hand.take("Window")
    hand.drag((0, 0), (40, 0), (40, 30))
    center, width = map(int, re.findall(r"-?\d+", levels.inner_text()))
    assert width > 1500
    assert center != -600


def read_values(hand: Hand) -> None:
    """Hounsfield units as the file has them, in each corner of a pixel and not the neighbour's."""
    ct = ChestCT(NOBODY, clock.now().date(), SEED, SLICES, SIZE)
    stored, pixel = slice_values(ct, 5), FIELD / SIZE
    for row, column in ((32, 32), (40, 20), (43, 32), (12, 50)):
        for down, along in ((0.2, 0.2), (0.2, 0.8), (0.8, 0.2), (0.8, 0.8)):
            mm = (column + along) * pixel - FIELD / 2, (row + down) * pixel - FIELD / 2
            assert hand.value(mm) == f"{stored[row, column]} HU", (row, column, down, along)


def measure(page: Page, hand: Hand) -> None:
    """Lengths along, across and aslant, and an angle; enlarged, the same way of the hand is shorter in the
    body; the value of a point and of an ellipse, as the file has them. What was drawn last is taken away."""
    hand.take("Length")
    for way in (((-100, 100), (50, 100)), ((-120, -80), (-120, 60)), ((-60, -80), (60, -30))):
        hand.drag(*way)
        shows(hand, math.dist(*way), "mm")
    hand.take("Angle")
    hand.drag((90, 40), (20, 40))
    page.mouse.move(*hand.place((20, -20)), steps=4)
    page.mouse.click(*hand.place((20, -20)))
    page.wait_for_timeout(500)  # a click might yet become a double one, and until then the corner follows the mouse
    shows(hand, 90, "°")
    hand.take("Larger")
    hand.take("Length")
    hand.drag((0, 50), (100, 50))
    shows(hand, 100 / 1.25, "mm")
    expect(hand.texts).to_have_count(5)
    page.keyboard.press("Delete")
    expect(hand.texts).to_have_count(4)
    hand.take("Whole image")
    stored, pixel = slice_values(ChestCT(NOBODY, clock.now().date(), SEED, SLICES, SIZE), 5), FIELD / SIZE
    page.keyboard.press("v")
    page.mouse.click(*hand.place(((50.5 - SIZE / 2) * pixel, (12.5 - SIZE / 2) * pixel)))
    shows(hand, stored[12, 50], "HU")
    hand.take("Area")
    hand.drag((60, 60), (60 + 4 * pixel, 60 + 4 * pixel))
    expect(hand.texts).to_have_count(6)
    expect(page.locator("#measures li")).to_have_count(6)
    kept = {one.kind: one.content["figures"] for one in Measurement.objects.filter(removed_at=None)}
    assert kept["value"]["value"] == stored[12, 50]
    assert kept["ellipse"]["area"] == pytest.approx(math.pi * (4 * pixel) ** 2, rel=0.02)


def keep(page: Page, hand: Hand) -> None:
    """After a reload all measurements lie where they were drawn. A second window has them too, and what it adds or
    takes back is seen in the first; what was taken back is brought back."""
    before = where_drawn(page)
    page.reload()
    chromium.becomes(page, READY)
    expect(hand.texts).to_have_count(6)
    for one, other in zip(before, where_drawn(page), strict=True):
        assert one == pytest.approx(other, abs=1)
    chromium.shoot(page, "measures")
    other = page.context.new_page()
    other.route_web_socket("**/ws**", lambda socket: None)
    other.goto(page.url)
    chromium.becomes(other, READY)
    away = Hand(other)
    away.take("Length")
    away.drag((-60, 90), (40, 90))
    expect(hand.texts).to_have_count(7)
    other.get_by_role("button", name="Clear", exact=True).click()
    expect(away.texts).to_have_count(0)
    expect(hand.texts).to_have_count(0)
    other.locator(".viewer-bar").get_by_role("button", name="Undo").click()
    expect(hand.texts).to_have_count(7)
    other.close()


def look_otherwise(page: Page, hand: Hand) -> None:
    """Turned, mirrored and set back, the letters go with the patient; the bar is as long as it says."""
    edges = hand.stage.locator("[data-edge=left], [data-edge=top]")
    bar = hand.stage.locator("[data-scale]")
    assert edges.all_text_contents() == ["R", "A"]
    said, box = bar.inner_text(), hand.stage.locator(".viewer-pane").bounding_box()
    scale = min(box["width"], box["height"]) / FIELD
    assert bar.bounding_box()["width"] == pytest.approx(float(said.removesuffix(" cm")) * 10 * scale, abs=2)
    hand.stage.focus()
    for key, letters in (("r", ["P", "R"]), ("f", ["P", "L"]), ("x", ["R", "A"]), ("f", ["L", "A"]), ("x", ["R", "A"])):
        page.keyboard.press(key)
        expect(edges).to_have_text(letters)
    where = hand.stage.locator("[data-where]")
    page.keyboard.press("Space")
    expect(where).not_to_have_text("6 of 12")
    page.keyboard.press("Home")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys and mouse")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#measures a").first.click()
    expect(where).to_have_text("6 of 12")


def move(hand: Hand) -> None:
    """The image, by hand: what lay under one place lies under the other."""
    there, before = (30.0, -40.0), hand.value((0.5, 60.5))
    hand.take("Move")
    hand.drag((0, 0), there)
    assert hand.value((0.5 + there[0], 60.5 + there[1])) == before
    hand.take("Whole image")
    assert hand.value((0.5, 60.5)) == before


def compare(page: Page) -> None:
    """A second series beside the first: both turn, whichever is turned, to the same place in the body."""
    page.get_by_role("button", name="Show beside").nth(1).click()
    first, second = (page.locator(".viewer-stage").nth(number).locator("[data-where]") for number in range(2))
    expect(second).to_have_text("3 of 4")  # slices 1, 4, 7, 10 of the first
    page.locator(".viewer-stage").nth(0).hover()
    page.mouse.wheel(0, 160)
    expect(first).to_have_text("10 of 12")
    expect(second).to_have_text("4 of 4")
    page.locator(".viewer-stage").nth(1).hover()
    page.mouse.wheel(0, -120)
    expect(second).to_have_text("1 of 4")
    expect(first).to_have_text("1 of 12")
    page.get_by_role("button", name="Scroll together").click()
    page.locator(".viewer-stage").nth(1).hover()
    page.mouse.wheel(0, 40)
    expect(second).to_have_text("2 of 4")
    expect(first).to_have_text("1 of 12")


def compare_with_earlier(page: Page) -> None:
    """A study of the year before beside it: both turn by the same millimetres, from where the doctor linked them."""
    page.get_by_role("button", name="Show beside").nth(3).click()
    stages = [page.locator(".viewer-stage").nth(number) for number in range(2)]
    first, second = (stage.locator("[data-where]") for stage in stages)
    expect(stages[1].locator(".viewer-tr")).to_contain_text("2025")
    expect(second).to_have_text("4 of 8")
    together = page.get_by_role("button", name="Scroll together")
    for press, stage, wheel, places in (
        (False, 0, 40, ("7 of 12", "5 of 8")),
        (True, 1, 80, ("7 of 12", "7 of 8")),
        (True, 0, 40, ("8 of 12", "8 of 8")),
        (False, 0, -80, ("6 of 12", "6 of 8")),
    ):
        if press:
            together.click()
        stages[stage].hover()
        page.mouse.wheel(0, wheel)
        expect(first).to_have_text(places[0])
        expect(second).to_have_text(places[1])


def cross(page: Page) -> None:
    """Beside a series in another plane, each stage shows where the other one cuts it."""
    page.get_by_role("button", name="Show beside").nth(2).click()
    stages = [page.locator(".viewer-stage").nth(number) for number in range(2)]
    expect(stages[1].locator("[data-where]")).to_have_text("1 of 1")
    stages[0].hover()
    stages[0].focus()
    page.keyboard.press("End")
    expect(stages[0].locator("[data-depth]")).to_have_text("33.0 mm")
    box = stages[0].locator(".viewer-pane").bounding_box()
    scale = min(box["width"], box["height"]) / FIELD
    for stage, above in zip(stages, (0, 33), strict=True):
        line = stage.locator("[data-cross]")
        expect(line).not_to_have_attribute("hidden", "")
        ends = line.evaluate("line => ['y1', 'y2'].map(name => Number(line.getAttribute(name)))")
        assert ends == pytest.approx([box["height"] / 2 - above * scale] * 2, abs=SPACING * scale)
    page.get_by_role("slider", name="Slice").fill("6")


def mark(page: Page, hand: Hand, case: Any) -> None:
    """Key images by the key K: of the series that was touched last, as it is seen."""
    page.locator(".viewer-bar").get_by_role("button", name="Bone").click()
    hand.stage.focus()
    page.keyboard.press("Home")
    away = Hand(page, 1)
    away.take("Length")
    away.drag((-100, 40), (0, 40))
    page.keyboard.press("k")  # while the measurement is still on its way
    expect(page.locator("#marks li")).to_have_count(1)
    page.get_by_role("button", name="One series").click()
    hand.take("Lung")
    page.get_by_label("Words under the key image").fill("nodule")
    page.get_by_role("button", name="Mark this image for the report").click()
    expect(page.locator("#marks li")).to_have_count(2)
    expect(page.locator("#marks li").last).to_contain_text("nodule")
    marks = KeyImage.objects.filter(case_id=case.id).order_by("marked_at")
    assert [(one.instance.series.number, one.instance.number, one.center, one.width) for one in marks] == [
        (3, 4, 300, 1500),
        (2, 1, -600, 1500),
    ]
    [drawn] = marks[0].measures
    assert float(drawn["lines"][0].removesuffix(" mm")) == pytest.approx(100, rel=0.02)
    assert marks[1].measures == []


def test_a_doctor_reads_measures_compares_and_marks(page: Page, reader: Any) -> None:
    open_images(page, reader.case)
    hand = Hand(page)
    turn(page, hand)
    set_window(page, hand)
    read_values(hand)
    measure(page, hand)
    keep(page, hand)
    look_otherwise(page, hand)
    move(hand)
    compare_with_earlier(page)
    cross(page)
    compare(page)
    mark(page, hand, reader.case)
    page.add_init_script(WITHOUT_WEBGL)
    open_images(page, reader.case)
    read_values(Hand(page))
    expect(Hand(page).texts).to_have_count(7)
