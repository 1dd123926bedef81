"""The coordinator's board without a mouse."""

from playwright.sync_api import Page, expect


def move_by_keys(page: Page, case: str, before: str, after: str) -> None:
    """On the board, without a mouse: to the card by arrow keys, to its button, and pressed; the card stands in the next
    column."""
    page.goto("/centre/board/")
    page.locator("[data-board]").focus()
    page.keyboard.press("ArrowDown")
    card = page.locator(f"#column-{before} [data-card]:focus")
    assert case.endswith(card.get_attribute("href"))
    button = page.locator(f"#column-{before} .board-card:has(:focus) form button:focus")
    for _key in range(4):
        page.keyboard.press("Tab")
        if button.count():
            break
    page.keyboard.press("Enter")
    expect(page.locator(f"#column-{after} [data-card]")).to_have_count(1)
    expect(page.locator(f"#column-{before} [data-card]")).to_have_count(0)
