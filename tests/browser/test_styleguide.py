"""Every page of the console as a person sees it: both languages, a desk and a phone, checked by axe-core."""

import pytest
from playwright.sync_api import Browser

from huizhen.console.styleguide.demo.pages import PAGES
from tests.browser import chromium

# What axe-core says hangs on structure and colours, which the language does not change: once for each size.
ASKED = {("zh-hans", chromium.NARROW), ("en", chromium.WIDE)}
ADDRESSES = ["/styleguide/", *(f"/styleguide/{name}/" for name in PAGES), "/styleguide/errors/409/"]


@pytest.mark.parametrize("size", [chromium.WIDE, chromium.NARROW], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_are_sound(browser: Browser, site: str, language: str, size: tuple[int, int]) -> None:
    """No accessibility finding, nothing wider than the screen, nothing the security policy had to stop."""
    faults: list[str] = []
    context = chromium.visit(browser, site, language=language, size=size)
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    for address in ADDRESSES:
        page.goto(address)
        if (language, size) in ASKED:
            faults += [f"{address}: {finding}" for finding in chromium.axe(page)]
        if wider := chromium.too_wide(page):
            faults.append(f"{address}: {wider} px wider than the screen")
        chromium.shoot(page, f"{address.strip('/').replace('/', '-')}-{language}-{size[0]}")
    context.close()
    assert faults == []
