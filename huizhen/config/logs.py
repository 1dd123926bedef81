"""Structured logs: JSON for machines, coloured lines for people. No health data in either.

Only keys on `ALLOWED` are written; another one is left out and its name stands under `dropped`, so that whoever
added it notices. Free text is searched for identity and phone numbers. The message of an exception may quote what a
person typed, so it is written only in the demonstration and under HUIZHEN_DEBUG; the place it came from always is.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

Event = MutableMapping[str, Any]

ALLOWED = frozenset(
    {
        *("timestamp", "level", "event", "logger", "process", "request", "case", "account", "organisation"),
        *("method", "route", "status", "ms", "queries", "job", "task", "queue", "attempt", "code", "error", "frames"),
        *("kind", "state", "move", "channel", "count", "size", "file", "port", "pid", "version", "seconds", "dropped"),
        *("due", "late", "subject", "subject_kind", "action", "name_of_setting", "exc_info", "stack_info", "exit"),
    }
)
PRIVATE = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|(?:\+?86[- ]?)?1[3-9]\d{9})(?![\dXx])")
LEVELS = {"asyncio": "WARNING", "procrastinate": "WARNING", "httpx": "WARNING", "pyhanko": "WARNING"}


def configure(options: dict[str, Any]) -> None:
    """Set up logging for one process. `options`: `format` (json|console), `level`, `messages` (bool), `colours`.

    Django calls this as its LOGGING_CONFIG; processes without Django call it themselves.
    """
    finish: list[Any] = [
        structlog.processors.ExceptionRenderer(_frames(with_message=options["messages"])),
        *_last(options["format"], colours=options["colours"]),
    ]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _plain_job_lines,
        name_process,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        keep_allowed,
        hide_numbers,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
    )
    handler = StandardError()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options["level"])
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)
    # The request line of ours says the same with the route's name and the time it took.
    logging.getLogger("django.server").disabled = True
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class StandardError(logging.Handler):
    """Writes to what standard error is at that moment, not to what it was when logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line at once."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


def name_process(logger: Any, method: str, event: Event) -> Event:
    """Say which process speaks."""
    event.setdefault("process", os.environ.get("HUIZHEN_PROCESS", "command"))
    return event


def keep_allowed(logger: Any, method: str, event: Event) -> Event:
    """Leave out every key that is not known to be harmless, and name what was left out."""
    dropped = sorted(key for key in event if key not in ALLOWED and not key.startswith("_"))
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped"] = dropped
    return event


def hide_numbers(logger: Any, method: str, event: Event) -> Event:
    """Put a mark in the place of anything that looks like an identity or phone number."""
    for key, value in event.items():
        if isinstance(value, str) and key != "timestamp":
            event[key] = PRIVATE.sub("▇", value)
    return event


def _plain_job_lines(logger: Any, method: str, event: Event) -> Event:
    """The queue's own lines carry a job's arguments: keep what happened to which job, not the text."""
    record = event.get("_record")
    if record is not None and record.name.startswith("procrastinate"):
        event["event"] = getattr(record, "action", record.levelname.lower())
        job = getattr(record, "job", None)
        if isinstance(job, dict):
            event["job"], event["task"] = job.get("id"), job.get("task_name")
    return event


def _frames(*, with_message: bool) -> Any:
    """A renderer of exceptions: kind and places, and the words only where no real person's data can be in them."""

    def render(exc_info: Any) -> str:
        kind, value, trace = exc_info
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        first = f"{kind.__module__}.{kind.__qualname__}" + (f": {value}" if with_message else "")
        return PRIVATE.sub("▇", "\n  ".join([first, *places]))

    return render


def _last(form: str, *, colours: bool) -> list[Any]:
    if form == "json":
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [_short, structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=36, sort_keys=False)]


def _short(logger: Any, method: str, event: Event) -> Event:
    """For people: the time of day is enough, and the supervisor already prints the process."""
    event["timestamp"] = str(event.get("timestamp", ""))[11:19]
    event.pop("process", None)
    event.pop("logger", None)
    return event
