"""Modules that are loaded when they are first used.

A few libraries take longer to import than all the rest of the program, and most processes never need them: the parser
of DICOM files, the client of NATS, the reader of PDF. Whoever opens the first page should not wait for them.
"""

import importlib
from typing import Any


class Late:
    """Stands for a module, at module level: `nats: Any = Late("nats")`. The first attribute asked of it imports it."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)
