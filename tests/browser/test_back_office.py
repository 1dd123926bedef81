"""The back office in a browser: what its attributes say is done, under the policy of every page and without a complaint.

django-unfold's templates are read by our interpreter in the place of its own (`ui/src/office/main.ts`). A new version of
it may say something in another way; these tests are where that shows.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Browser, Page, expect

from huizhen.api.tests.clients import token_for
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from tests.browser import chromium

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_jobs")]
FILTERS = "#changelist-filter"
COMMAND = "#search-input-command"
ACTIONS = "#changelist-actions"
ITEM = {"name_zh": "试验项目", "name_en": "Trial", "code": "TEST9", "loinc": "718-7", "unit": "g/L"}


@pytest.fixture
def house() -> Any:
    house = make_organisation("County group", kind="group")
    for name in ("Sun Li", "Zhou Yan"):
        make_account(home=house, name=name)
    return house


@pytest.fixture
def page(browser: Browser, live_server: Any, house: Any) -> Iterator[Page]:
    """A system administrator's browser; it may not complain of anything."""
    token = token_for(enrol(make_member("system_admin", house, name="Qian Jun").account))
    context = chromium.visit(browser, live_server.url, language="en", size=chromium.WIDE)
    context.add_cookies([{"name": "huizhen_session", "value": token, "url": live_server.url}])
    page, said = context.new_page(), list[str]()
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
    yield page
    context.close()
    assert said == []


def test_the_filters_open_and_close(page: Page) -> None:
    page.goto("/admin/people/account/")
    panel = page.locator(FILTERS)
    opener = page.locator("a", has_text="Filters filter_list")
    expect(panel).to_be_hidden()
    opener.click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    opener.click()
    panel.get_by_role("link", name="Yes").first.click()
    page.wait_for_url("**/?*exact=1")
    expect(page.locator("#result_list")).to_contain_text("Sun Li")


def test_the_command_finds_and_leads_there(page: Page) -> None:
    page.goto("/admin/")
    field = page.locator(COMMAND)
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("organ")
    expect(page.locator("#command-results-list")).to_contain_text("Organisations")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("swapped")
    found = page.locator("#command-results-list li")
    expect(found).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(found).to_have_class("group active")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/kernel/holiday/")


def test_actions_appear_with_the_rows_that_are_ticked(page: Page) -> None:
    page.goto("/admin/people/account/")
    bar = page.locator(ACTIONS)
    expect(bar).to_be_hidden()
    page.locator("#result_list input[name=_selected_action]").first.check()
    expect(bar).to_be_visible()
    assert bar.evaluate("one => one.style.width.endsWith('px') && parseInt(one.style.width) > 400")
    assert bar.evaluate("one => one.getBoundingClientRect().right <= innerWidth")
    run = bar.get_by_role("button", name="Run")
    expect(run).to_be_hidden()
    bar.locator("select[name=action]").select_option("close")
    run.click()
    expect(page.locator("body")).to_contain_text("Closed; all sessions have ended.")


def test_a_form_is_sent_to_its_own_address_with_the_rows_that_were_added(page: Page) -> None:
    panel = apps.get_model("lab", "Panel").objects.create(
        code="TRIAL", name_zh="试验", name_en="Trial", specimen="blood"
    )
    here = f"/admin/lab/item/add/?panel={panel.pk}"
    page.goto(here)
    expect(page.locator("#item_form")).to_have_attribute("action", here)
    for name, value in ITEM.items():
        page.fill(f"[name={name}]", value)
    expect(page.locator("[name=panel]")).to_have_value(str(panel.pk))
    page.select_option("[name=kind]", "quantity")
    for number, (low, high) in enumerate((("1.0", "2.0"), ("3.0", "4.0"))):
        page.locator("#ranges-group .add-row").click()
        page.fill(f"[name=ranges-{number}-low]", low)
        page.fill(f"[name=ranges-{number}-high]", high)
    page.fill("[name=ranges-0-to_days]", "30")
    page.fill("[name=ranges-1-from_days]", "30")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/admin/lab/item/")
    made = apps.get_model("lab", "Range").objects.filter(item__code="TEST9").order_by("low")
    assert [(row.low, row.high) for row in made] == [(1, 2), (3, 4)]


def test_it_is_dark_and_light_by_keys(page: Page) -> None:
    page.goto("/admin/")
    root = page.locator("html")
    page.keyboard.press("Control+e")
    first = root.get_attribute("class")
    page.keyboard.press("Control+e")
    expect(root).not_to_have_class(first or "")
    last = root.get_attribute("class")
    page.reload()
    expect(root).to_have_class(last or "")
