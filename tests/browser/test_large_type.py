"""Type at twice its size on a phone: what a patient reads, a case and the wizard stay as wide as the screen."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from playwright.sync_api import Browser

from huizhen.consult.joint.tests.builders import MONDAY
from huizhen.kernel.ids import new_id
from huizhen.people.accounts.queries import get_actor
from huizhen.records.medicines.actions import add_medicine
from huizhen.records.patients.access import access_patient
from tests.browser import chromium
from tests.browser.test_every_page import Made, Screen, make_one
from tests.house.addresses_world import World, build
from tests.house.test_addresses import undone

pytestmark = pytest.mark.django_db
LONG = "Enteric-coated aspirin and rosuvastatin calcium, film-coated"


@pytest.fixture(scope="module")
def pages(django_db_setup: Any, django_db_blocker: Any, signing: Any) -> Iterator[dict[str, Made]]:
    """The pages, made before the browser starts, whose loop would run in the same thread."""
    with django_db_blocker.unblock(), undone():
        cache.clear()
        with time_machine.travel(MONDAY, tick=False) as travel:
            world = build(travel)
            give_medicines(world)
            made = {name: make_one(world, person, where) for name, (person, where) in list_pages(world).items()}
            case = f"/consult/joint/{world.values['case_id']}"
            made["invite"] = make_one(world, "coordinator", f"{case}/invite/")
            made["desk"] = make_one(world, "expert", f"{case}/opinion/", "en")
    return made


def give_medicines(world: World) -> None:
    """Medicines with all that can be said of them, so that their lines are as long as they get."""
    doctor = get_actor(world.persons["applicant"])
    patient = access_patient(doctor, world.values["patient_id"], to="add")
    for name in (LONG, "苯磺酸氨氯地平片"):
        add_medicine(patient, key=new_id(), name=name, dose="one tablet of 100 mg", route="by mouth with water",
                     frequency="once every morning before breakfast", source="discharge letter", actor=doctor,
                     at=MONDAY)  # fmt: skip


def list_pages(world: World) -> dict[str, tuple[str, str]]:
    """By a name: who reads, and where."""
    case, delivered = f"/consult/joint/{world.values['case_id']}/", f"/consult/joint/{world.delivered}/"
    draft = f"/consult/joint/new/{world.values['draft_id']}"
    return {
        "me": ("patient", "/me/"), "inbox": ("patient", "/inbox/"), "access": ("patient", "/me/access/"),
        "consents": ("patient", "/me/consents/"), "case": ("patient", case), "delivered": ("patient", delivered),
        "applicant": ("applicant", case), "coordinator": ("coordinator", case), "list": ("applicant", "/"),
        "wizard": ("applicant", "/consult/joint/new/"), "question": ("applicant", f"{draft}/question/"),
        "materials": ("applicant", f"{draft}/materials/"),
    }  # fmt: skip


# What scripts still put into the page, and what moves, has come to rest.
SETTLED = """Promise.all([document.fonts.ready, new Promise(after => requestAnimationFrame(() => requestAnimationFrame(after)))])
  .then(() => Promise.allSettled(document.getAnimations().map(one => one.finished))).then(() => true)"""
OUTSIDE = """(() => { const edge = document.documentElement.clientWidth
  return [...document.querySelectorAll("body *")].filter(one => one.checkVisibility() && one.getBoundingClientRect().right > edge + 1
    && getComputedStyle(one).clipPath === "none").map(one => one.tagName + "." + one.className).slice(0, 8) })()"""
CROSSING = """[...document.querySelectorAll(".step-dot")].map(one => one.getBoundingClientRect()).some((one, at, all) =>
  all.slice(at + 1).some(other => one.right > other.left + 1 && other.right > one.left + 1
    && one.bottom > other.top + 1 && other.bottom > one.top + 1))"""
SQUEEZED = """[...document.querySelectorAll(".due .badge, .ball dd")].filter(one => one.checkVisibility()
  && one.textContent.trim().length > 4 && one.clientWidth < 4 * parseFloat(getComputedStyle(one).fontSize))
  .map(one => `${one.textContent.trim()} in ${one.clientWidth} px, ${getComputedStyle(one).display}`)"""


def test_type_of_twice_the_size_fits_a_phone(pages: dict[str, Made], browser: Browser, site: str) -> None:
    """Nothing wider than the screen, the menu within it, no badge of single letters, no step upon another."""
    screen, faults = Screen(browser, site, size=chromium.NARROW), []
    for name, made in pages.items():
        page = screen.show(made)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.evaluate(SETTLED)
        if wider := chromium.too_wide(page):
            faults.append(f"{name}: {wider} px too wide, {page.evaluate(OUTSIDE)}")
        if page.evaluate("document.querySelector('.top-end').getBoundingClientRect().right > innerWidth"):
            faults.append(f"{name}: the menu is off the screen")
        if page.evaluate(CROSSING):
            faults.append(f"{name}: steps overlap")
        if squeezed := page.evaluate(SQUEEZED):
            faults.append(f"{name}: a line of single letters, {squeezed}")
        chromium.shoot(page, f"large-{name}")
    screen.context.close()
    assert not faults, "\n".join(faults)


def test_the_desk_of_an_opinion_holds_long_medicines(pages: dict[str, Made], browser: Browser, site: str) -> None:
    """In English at a desk, where a medicine's line is longest."""
    screen = Screen(browser, site, language="en", size=chromium.WIDE)
    page = screen.show(pages["desk"])
    assert LONG in page.content()
    assert chromium.too_wide(page) == 0, page.evaluate(OUTSIDE)
    chromium.shoot(page, "large-desk-wide")
    screen.context.close()


def test_a_tick_box_stands_within_its_frame(pages: dict[str, Made], browser: Browser, site: str) -> None:
    """Once it is ticked, the frame shows; the box keeps away from it, and its words stay where they were."""
    screen = Screen(browser, site, size=chromium.WIDE)
    page = screen.show(pages["invite"])
    tick = page.locator(".choice-row input[type=checkbox]").first
    before = tick.bounding_box()
    tick.check()
    frame, box = page.locator(".choice-row:has(:checked)").first.bounding_box(), tick.bounding_box()
    chromium.shoot(page, "large-invite-wide")
    screen.context.close()
    assert box["x"] == before["x"]
    assert box["x"] - frame["x"] >= 8
