"""Workbooks that are handed in by hand: ours, and what a platform's own one says about itself. Pure."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from huizhen.kernel.late import Late
from huizhen.lab.refused import Refused
from huizhen.lab.reporting.sheet import guess

xlsxwriter: Any = Late("xlsxwriter")

LARGEST = 2 << 20
MOST_UNPACKED, MOST_ENTRIES = 40 << 20, 500
LOOKED_AT = 20  # rows from the top in which the headings stand
MOST_COLUMNS = 100
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what Excel would read as a formula when somebody edits the cell
WIDEST = 40


@dataclass(frozen=True)
class Found:
    """Where a platform's workbook wants its rows: the sheet, the row of the headings as Excel counts, the headings."""

    sheet: str
    header_row: int
    headings: list[str]


def is_risky(text: str) -> bool:
    """Whether a text must be marked as one, lest it become a formula when its cell is edited."""
    return text.startswith(RISKY)


def write_ours(headings: Sequence[str], rows: Sequence[Sequence[str]], *, about: str, at: datetime) -> bytes:
    """Our own workbook: one sheet, headings in its first row, every cell a text and shown as one."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": about, "created": at.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        risky = book.add_format({"num_format": "@", "quote_prefix": True})
        sheet = book.add_worksheet("results")
        sheet.write_row(0, 0, headings, head)
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                sheet.write_string(place, column, value, risky if is_risky(value) else text)
        for column, heading in enumerate(headings):
            longest = max([len(heading) * 2, *(len(row[column]) for row in rows[:50])])
            sheet.set_column(column, column, min(WIDEST, longest + 2), text)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def look_into(content: bytes) -> Found:
    """Where the headings of a platform's workbook stand: the row of a sheet in which most cells name something we know.

    Raises:
        Refused: `file`: `template_too_large`, `unreadable_template`, `no_headings`.
    """
    check_package(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        seen = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=LOOKED_AT))
                  for name in seen]  # fmt: skip
    except (CalamineError, ValueError, OSError) as error:
        raise Refused({"file": "unreadable_template"}) from error
    best, most = None, 1
    for name, rows in sheets:
        for number, row in enumerate(rows, 1):
            headings = [" ".join(str(cell).split())[:200] for cell in row]
            known = len({guess(one) for one in headings} - {""})
            if known > most:
                best, most = Found(name, number, _trim(headings)), known
    if best is None or len(best.headings) > MOST_COLUMNS:
        raise Refused({"file": "no_headings"})
    return best


def _trim(headings: list[str]) -> list[str]:
    """Without what is empty at the end."""
    while headings and not headings[-1]:
        headings.pop()
    return headings


def check_package(content: bytes) -> None:
    """Refuse what is no plain .xlsx, carries macros, or unpacks to more than a template needs.

    Raises:
        Refused: `file`: `template_too_large`, `unreadable_template`.
    """
    if len(content) > LARGEST:
        raise Refused({"file": "template_too_large"})
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise Refused({"file": "unreadable_template"}) from error
    if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > MOST_UNPACKED:
        raise Refused({"file": "template_too_large"})
    names = {one.filename for one in entries}
    if "xl/workbook.xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        raise Refused({"file": "unreadable_template"})


def read_back(content: bytes, sheet: str, first_row: int) -> list[list[str]]:
    """The rows from `first_row` on, as another program reads them."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [[str(cell) for cell in row] for row in rows[first_row - 1 :]]
