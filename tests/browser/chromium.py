"""Chromium for the tests: one way to start it, to look (screenshots), and to check (axe-core)."""

import json
import os
from pathlib import Path
from typing import Any

import manimgx_fonts_cjk
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

EXECUTABLE = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE, NARROW = (1440, 900), (390, 844)
SHOTS = Path(settings.VAR) / "screenshots"
# `PICTURES=yes` keeps a picture of every page, for the eyes of people; they prove nothing by themselves.
PICTURES = bool(os.environ.get("PICTURES"))
AXE = Path(settings.ROOT) / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _fonts() -> dict[str, str]:
    """Chinese type from the wheel, so that pictures look the same on a machine without any."""
    folder = Path(settings.VAR) / "fontconfig"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "fonts.conf"
    wheel = Path(manimgx_fonts_cjk.__file__).parent
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>/usr/share/fonts</dir><dir>{wheel}</dir><cachedir>{folder / 'cache'}</cachedir>"
        "<alias><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>"
        "<alias><family>system-ui</family><prefer><family>Noto Sans CJK SC</family></prefer></alias></fontconfig>"
    )
    return {"FONTCONFIG_FILE": str(config)}


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium, or Playwright's own where Debian's is missing."""
    path = EXECUTABLE if Path(EXECUTABLE).exists() else None
    return playwright.chromium.launch(executable_path=path, args=FLAGS, env={**os.environ, **_fonts()})


def visit(browser: Browser, address: str, *, language: str = "zh-hans", size: tuple[int, int] = WIDE) -> BrowserContext:
    """A fresh visitor who reads this language on a screen of this size; touches where the screen is narrow."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == NARROW,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    return context


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page under var/screenshots, where pictures are wanted."""
    if PICTURES:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong on the page as it stands, one line per kind, with places."""
    page.evaluate(AXE.read_text())
    # Whatever is in order is looked at as well, and not told: its description is a hundred times as long.
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    violations: list[dict[str, Any]] = page.evaluate(
        f"axe.run(document, {options}).then((result) => result.violations)"
    )
    return [
        f"{fault['id']}: {fault['help']} at " + "; ".join(str(node["target"][0]) for node in fault["nodes"][:5])
        for fault in violations
    ]


def too_wide(page: Page) -> int:
    """How many pixels the page is wider than the screen; 0 is right."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def becomes(page: Page, expression: str, *, tries: int = 100) -> None:
    """Wait until an expression is true in the page. Playwright's own waiting needs the `eval` that our policy forbids.

    Raises:
        AssertionError: it did not become true.
    """
    for _ in range(tries):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {expression}")
