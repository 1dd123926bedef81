"""Counting statements below Django, where those of `kernel.line` count too."""

from typing import Any, Self
from unittest.mock import patch

import psycopg

from huizhen.kernel.line import Line


class Statements(list[str]):
    """Every statement that reaches the database meanwhile, whichever way: `with Statements() as found:`."""

    def __enter__(self) -> Self:
        executed, sent = psycopg.Cursor.execute, Line.send_all

        def noted(cursor: Any, statement: Any, *values: Any, **options: Any) -> Any:
            self.append(str(statement))
            return executed(cursor, statement, *values, **options)

        def noted_all(line: Line, batch: Any) -> Any:
            self.extend(statement for statement, _values in batch)
            return sent(line, batch)

        self.patches = patch.object(psycopg.Cursor, "execute", noted), patch.object(Line, "send_all", noted_all)
        for one in self.patches:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.patches:
            one.stop()
