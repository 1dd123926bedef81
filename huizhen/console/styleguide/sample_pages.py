"""Which page of the console shows what on the style page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A template, who looks at it, and what it is given."""

    template: str
    role: str
    context: Callable[[], dict[str, Any]]


PAGES: dict[str, Sample] = {}
