"""`huizhen check-settings`, `huizhen secrets` and `huizhen settings-page`."""

import os
import re
import secrets as randomness
import sys

from django.conf import settings

from huizhen.config.lacking import lacking
from huizhen.config.options import OPTIONS, Option
from huizhen.config.supervisor import checks
from huizhen.config.supervisor.commands import ports

TABLE = re.compile(r"(\| name \| default \| meaning \|\n\|---\|---\|---\|\n)(?:\|.*\n)*")
DEFAULTS_IN_WORDS = {
    "HUIZHEN_SECRET_KEY": "none: must be set",
    "HUIZHEN_KEYS": "none: must be set",
    "HUIZHEN_INDEX_KEY": "none: must be set",
    "DATABASE_URL": "the embedded one",
    "HUIZHEN_PUBLIC_URL": "`http://127.0.0.1:` and the web port",
}


def check() -> None:
    """Print every setting with its value; secrets are shown as set or not set. Ends with code 1 where one is wrong."""
    # Reading any setting loads them all, and a wrong one is reported as a sentence.
    mode = "the demonstration" if settings.DEMO else "real use"
    for option in OPTIONS.values():
        given = os.environ.get(option.name)
        shown = option.unset() if given is None else given
        if option.secret:
            shown = "(set)" if given else "(default)"
        sys.stdout.write(f"{option.name}={shown}\n")
    checks.check_apart(ports())
    warnings = lacking()
    for sentence in warnings:
        sys.stdout.write(f"\nwarning: {sentence}\n")
    but = ", but for these warnings" if warnings else ""
    sys.stdout.write(f"\nAll settings are fine for {mode}{but}.\n")


def secrets() -> None:
    """Print fresh secrets for an environment file. Keep a copy apart from the backups: without them data is lost."""
    sys.stdout.write(
        f"HUIZHEN_SECRET_KEY={randomness.token_urlsafe(64)}\n"
        f"HUIZHEN_KEYS=k1:{randomness.token_hex(32)}\n"
        f"HUIZHEN_INDEX_KEY={randomness.token_hex(32)}\n"
    )


def write_page() -> None:
    """Write the table of settings into docs/operations.md, from the options themselves."""
    page = settings.ROOT / "docs" / "operations.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(TABLE.sub(lambda found: found[1] + rows(), text), encoding="utf-8")


def rows() -> str:
    """The rows of that table."""
    # What everybody sets first; those in files of their own are read before it and stand after it.
    first = list(OPTIONS).index("HUIZHEN_VAR")
    options = [*list(OPTIONS.values())[first:], *list(OPTIONS.values())[:first]]
    return "".join(f"| `{option.name}` | {shown_default(option)} | {option.about} |\n" for option in options)


def shown_default(option: Option) -> str:
    """A default as the manual prints it, and the demonstration's where it has another: never a secret or a folder."""
    if option.name in DEFAULTS_IN_WORDS:
        return DEFAULTS_IN_WORDS[option.name]
    shown = _shown(option.default)
    if option.in_demo is None:
        return shown
    more = option.in_demo.removeprefix(f"{option.default},") if option.default else option.in_demo
    return f"{shown}; {_shown(more)} {'too ' * (more != option.in_demo)}in the demonstration"


def _shown(text: str) -> str:
    text = text.replace(str(settings.ROOT / "var"), "var").replace(str(settings.ROOT), ".")
    return f"`{text}`" if text else "empty"
