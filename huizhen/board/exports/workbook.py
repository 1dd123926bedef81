"""Tables as an Excel workbook. What begins like a formula is written as text, so that opening it runs nothing."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from huizhen.kernel.late import Late

xlsxwriter: Any = Late("xlsxwriter")


WIDEST = 48
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, headings, and rows of plain values."""

    name: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


def write_workbook(sheets: Sequence[Sheet], *, about: str) -> bytes:
    """The workbook as a file; `about` says whose figures these are, of when."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": about, "author": "Huizhen"})
    head = book.add_format({"bold": True, "bottom": 1})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name.translate(FORBIDDEN)[:31])
        page.write_row(0, 0, sheet.headings, head)
        for number, row in enumerate(sheet.rows, start=1):
            page.write_row(number, 0, [value if isinstance(value, int | float) else str(value) for value in row])
        page.freeze_panes(1, 0)
        for column, heading in enumerate(sheet.headings):
            longest = max([len(heading), *(len(str(row[column])) for row in sheet.rows)], default=8)
            page.set_column(column, column, min(WIDEST, longest * 1.6 + 2))
    book.close()
    return target.getvalue()
