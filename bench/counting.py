"""Counting statements below Django, where those of `kernel.line` count too."""

from threading import get_ident
from typing import Any, Self
from unittest.mock import patch

import psycopg

from huizhen.kernel.line import Line

# How transactions are framed: no statement of anybody's.
FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


class Statements(list[str]):
    """Every statement that this thread sends to the database meanwhile, whichever way: `with Statements() as found:`.
    What brings in the audit in the background is no part of what is counted.

    `trips` is how often something was sent.
    """

    trips = 0

    @property
    def unframed(self) -> list[str]:
        """Those that do something, without the frames of transactions."""
        return [one for one in self if not one.startswith(FRAMES)]

    def __enter__(self) -> Self:
        executed, sent, alone = psycopg.Cursor.execute, Line.send_all, Line.run_alone
        counting = get_ident()

        def noted(cursor: Any, statement: Any, *values: Any, **options: Any) -> Any:
            if get_ident() == counting:
                self.append(str(statement))
                self.trips += 1
            return executed(cursor, statement, *values, **options)

        def noted_all(line: Line, batch: Any) -> Any:
            if get_ident() == counting:
                self.extend(asked.statement for asked in batch)
                self.trips += 1
            return sent(line, batch)

        def noted_alone(line: Line, pgconn: Any, statement: str, values: Any) -> Any:
            if get_ident() == counting:
                self.append(statement)
                self.trips += 1
            return alone(line, pgconn, statement, values)

        self.patches = (
            patch.object(psycopg.Cursor, "execute", noted),
            patch.object(Line, "send_all", noted_all),
            patch.object(Line, "run_alone", noted_alone),
        )
        for one in self.patches:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.patches:
            one.stop()
