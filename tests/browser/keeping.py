"""What the operator keeps, on the walk: the people of the region."""

from typing import Any

from playwright.sync_api import Page, expect


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
