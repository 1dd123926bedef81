"""The only clock of the house. Everything that needs the time asks here or is handed it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)  # clock: the one place that may
