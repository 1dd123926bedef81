"""Several hands at once: each function in a thread of its own, on a connection of its own, started by one barrier."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE_SECONDS = 60


def together(*functions: Callable[[], Any]) -> list[Any]:
    """Run all functions at the same moment; what each returned or raised, in the order given.

    Returned refusals are for the caller to look at. A ring of locks shows as Django's `OperationalError` among them.
    """
    start = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        start.wait(PATIENCE_SECONDS)
        try:
            return function()
        except Exception as refusal:  # noqa: BLE001 - whatever it is, the test looks at it
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))


def refusals(outcomes: list[Any]) -> list[type]:
    """The kinds of what was raised."""
    return [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
