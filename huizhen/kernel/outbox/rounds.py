"""A timer's round: the same done for each of many, where one that cannot be done holds up no other."""

from collections.abc import Callable, Iterable
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)


def go_round(keys: Iterable[UUID], work: Callable[[UUID], object], *, ends: tuple[type[Exception], ...] = ()) -> None:
    """Do `work` for each key, each in a transaction of its own or none. What concerns all, the database away or one of
    `ends`, ends the round at once: the next one tries again.

    Raises:
        Exception: of `ends`, or the database's; after the round, what kept the last of those that could not be done.
        Each is logged.
    """
    everybodys: tuple[type[Exception], ...] = (OperationalError, InterfaceError, *ends)
    fault: Exception | None = None
    for key in keys:
        try:
            work(key)
        except everybodys:
            raise
        except Exception as error:
            log.exception("not_done", work=work.__name__, subject=str(key))
            fault = error
    if fault is not None:
        raise fault
