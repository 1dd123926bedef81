"""Events: a fact is emitted once; every handler of it becomes a job of its own, so none holds up another."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from huizhen.kernel.outbox.tasks import defer_many, task

Payload = dict[str, Any]
Handler = Callable[[Payload], None]

EVENT_HANDLERS: dict[str, list[str]] = defaultdict(list)
QUEUES: dict[str, str] = {}
ANY = "*"


class OutsideTransaction(RuntimeError):
    """An event was emitted with no transaction open: it could be stored although the fact itself is not."""


class UnknownHandler(LookupError):
    """A stored job names a handler that this program no longer has."""


def on(*events: str, queue: str = "default") -> Callable[[Handler], Handler]:
    """Declare a handler of events, named exactly (`records.consent.given`) or by their beginning (`records.*`).

    The handler is a plain function in an `effects.py` that takes the payload; it may run twice. One that works a
    processor for seconds belongs into the queue `HEAVY`, which is worked off one by one.
    """

    def decorate(handler: Handler) -> Handler:
        address = f"{handler.__module__}:{handler.__qualname__}"
        QUEUES[address] = queue
        for event in events:
            if address not in EVENT_HANDLERS[event]:
                EVENT_HANDLERS[event].append(address)
        return handler

    return decorate


def emit(event: str, **payload: Any) -> None:
    """Store an event's jobs in the caller's transaction. `payload` is JSON and holds no health data."""
    emit_many([(event, payload)])


def emit_many(events: Iterable[tuple[str, Payload]]) -> None:
    """Store the jobs of many events with one statement.

    Raises:
        OutsideTransaction: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    jobs: list[Any] = [
        (QUEUES.get(handler, handle.queue), {"event": event, "handler": handler, "payload": payload})
        for event, payload in events
        for handler in _handlers(event)
    ]
    if jobs:
        defer_many(handle, jobs)


def _handlers(event: str) -> list[str]:
    found = list(EVENT_HANDLERS.get(event, ()))
    parts = event.split(".")
    for length in range(len(parts)):
        found += EVENT_HANDLERS.get(".".join([*parts[:length], ANY]), ())
    return found


@task("outbox.handle")
def handle(event: str, handler: str, payload: Payload) -> None:
    """Run one handler of one event.

    Raises:
        UnknownHandler: the handler is gone; the job stays and is shown as failed.
    """
    module_name, _, name = handler.partition(":")
    found = getattr(importlib.import_module(module_name), name, None)
    if found is None:
        raise UnknownHandler(handler)
    found({**payload, "event": event})
