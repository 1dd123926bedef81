"""`huizhen check-settings` and `huizhen secrets`."""

import os
import secrets as randomness
import sys

from django.conf import settings

from huizhen.config.options import OPTIONS


def check() -> None:
    """Print every setting with its value; secrets are shown as set or not set. Ends with code 1 where one is wrong."""
    # Reading any setting loads them all, and a wrong one is reported as a sentence.
    mode = "the demonstration" if settings.DEMO else "real use"
    for option in OPTIONS.values():
        given = os.environ.get(option.name)
        shown = option.default if given is None else given
        if option.secret:
            shown = "(set)" if given else "(default)"
        sys.stdout.write(f"{option.name}={shown}\n")
    sys.stdout.write(f"\nAll settings are fine for {mode}.\n")


def secrets() -> None:
    """Print fresh secrets for an environment file. Keep a copy apart from the backups: without them data is lost."""
    sys.stdout.write(
        f"HUIZHEN_SECRET_KEY={randomness.token_urlsafe(64)}\n"
        f"HUIZHEN_KEYS=k1:{randomness.token_hex(32)}\n"
        f"HUIZHEN_INDEX_KEY={randomness.token_hex(32)}\n"
    )
