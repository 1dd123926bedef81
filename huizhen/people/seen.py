"""Two people changing one thing: whoever saves what others have changed since the page was opened is told."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


class ChangedMeanwhile(ValueError):
    """What stands there is no longer what the one who saves has seen."""


def stamp(values: Mapping[str, Any]) -> str:
    """A short sign of these values, for a hidden field of the form that shows them."""
    text = json.dumps(dict(values), default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_seen(values: Mapping[str, Any], seen: str) -> None:
    """Compare what stands there, its row held, with the stamp of what was shown; an empty stamp asks for nothing.

    Raises:
        ChangedMeanwhile: they differ.
    """
    if seen and seen != stamp(values):
        raise ChangedMeanwhile
