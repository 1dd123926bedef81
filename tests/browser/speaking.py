"""Changing the language in the middle of one's work, as a person does it: by the page's own switch."""

from playwright.sync_api import Page, expect


def switch_language(page: Page, *typed: str) -> None:
    """The same page in the other language; what was typed in these fields is still there. The visitor goes on in it."""
    before, where = [page.locator(field).first.input_value() for field in typed], page.url
    spoken = page.locator("html").get_attribute("lang") or ""
    button = page.locator('form:has(> input[name="language"]) button')
    if not button.first.is_visible():
        page.locator("details.menu > summary").click()
    button.locator("visible=true").first.click()
    expect(page.locator("html")).not_to_have_attribute("lang", spoken)
    assert page.url.partition("#")[0] == where.partition("#")[0], "another page"
    for field, value in zip(typed, before, strict=True):
        expect(page.locator(field).first).to_have_value(value)
