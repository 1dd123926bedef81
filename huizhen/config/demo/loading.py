"""Loads the demonstration once: the stand-ins of the outside world, each feature's sample people and cases in the order
of the list, and a mark when all of them are done.

A loader is a function `load(at)` that works through the feature's own actions and returns lines for whoever starts the
demonstration (log-ins, addresses), or nothing. It must be re-entrant: after an interruption all of them run again.
"""

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from huizhen.config.demo import house
from huizhen.config.trouble import Trouble
from huizhen.config.wiring import DEMONSTRATION, STAND_INS, find

log = structlog.get_logger(__name__)


def load_once(at: datetime, *, people: bool = True) -> bool:
    """Load what is not loaded yet, without `people` the stand-ins only; returns whether anything was done.

    Raises:
        Trouble: this is not the demonstration, or the database holds a house that is not its own.
    """
    if not settings.DEMO:
        raise Trouble("Sample people are for the demonstration only.", "Set HUIZHEN_DEMO=yes where no real data lives.")
    house.refuse_others()
    # Before the first of them: what an interruption leaves behind is the demonstration's too.
    house.mark()
    loaders = [*STAND_INS, *(DEMONSTRATION if people else ())]
    wanted = "\n".join([database_itself(), *loaders])
    if mark().exists() and mark().read_text() == wanted:
        return False
    lines: list[str] = []
    for address in loaders:
        log.info("loading the demonstration", action=address)
        lines += _lines(find(address)(at))
    folder = settings.VAR / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log-ins.txt").write_text("\n".join(lines))
    mark().write_text(wanted)
    return True


def database_itself() -> str:
    """What tells this database from another or from one that was dropped and made anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname || ' ' || oid FROM pg_database WHERE datname = current_database()")
        return str(cursor.fetchone()[0])


def mark() -> Any:
    """The file that says which loaders have run, and into which database. Whose that is, the database says itself."""
    return settings.VAR / "demo" / "loaded"


def forget() -> None:
    """Take the mark away: the next start loads anew."""
    mark().unlink(missing_ok=True)


def _lines(result: Any) -> list[str]:
    return [str(line) for line in result or ()]
