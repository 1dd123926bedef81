"""What the operator keeps, on the walk: rules of departments, the people of the region."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.speaking import switch_language


def keep_people(walk: Any, page: Page) -> None:
    """The operator: a new collector, whose name was misspelt; what stood before; and found again."""
    page.goto("/centre/people/new/")
    page.fill("#id_name", "罗敏敏")
    page.fill("#id_username", "luo.min")
    page.select_option("#id_role", "collector")
    page.select_option("#id_place", index=1)
    page.locator("form.form .btn-primary").click()
    page.fill("#account_name", "罗敏")
    page.locator("form:has(#account_name) .btn-primary").click()
    expect(page.locator("#changes del").first).to_have_text("罗敏敏")
    walk.look(page, "person")
    page.goto("/centre/people/")
    page.select_option("#role", "collector")
    page.wait_for_url("**role=collector**")
    expect(page.locator(".rows")).to_contain_text("罗敏")
    walk.look(page, "people")


def keep_rules(walk: Any) -> None:
    """The operator: a rule for a department, changed, with what stood before; and what the centre's figures say."""
    page = walk.log_in(walk.people["operator"])
    page.goto("/centre/masters/rules/")
    page.select_option("[name=specialty]", label=walk.people["specialty"])
    for quorum in ("2", "3"):
        page.fill("[name=quorum]", quorum)
        switch_language(page, "[name=quorum]", "[name=specialty]")
        page.locator("form.form .btn-primary").click()
        page.wait_for_url("**/centre/masters/?kind=rules")
        page.locator('a.row-link[href*="/rules/"]').click()
    expect(page.locator("#changes del")).to_have_text("2")
    walk.look(page, "rule")
    page.goto("/centre/masters/")
    walk.look(page, "masters")
    keep_people(walk, page)
    page.goto("/centre/statistics/")
    walk.look(page, "statistics")
