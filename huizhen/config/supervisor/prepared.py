"""A note beside the embedded database: with which migrations, and as what, it was prepared last."""

import hashlib
from pathlib import Path

from django.conf import settings

from huizhen.config.embedded import Embedded

MIGRATIONS = "*/migrations/[0-9]*.py"
PACKAGE = Path(__file__).resolve().parents[2]


def is_current(server: Embedded | None) -> bool:
    """Whether this very program prepared this database before, for the same use. Nobody knows that of one elsewhere."""
    note_at = _place(server)
    return note_at is not None and note_at.exists() and note_at.read_text() == _wanted()


def note(server: Embedded | None) -> None:
    """Remember that the database is prepared. The note goes when the database's folder goes."""
    note_at = _place(server)
    if note_at is not None:
        note_at.write_text(_wanted())


def _place(server: Embedded | None) -> Path | None:
    return server.folder / "prepared" if server else None


def _wanted() -> str:
    # Before the demonstration opens its pages on a real house, the preparation must have had the time to refuse.
    return f"{digest()} {'demonstration' if settings.DEMO else 'real use'}"


def digest() -> str:
    """What this program's migrations are, all together."""
    total = hashlib.sha256()
    for path in sorted(PACKAGE.glob(MIGRATIONS)):
        total.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return total.hexdigest()
