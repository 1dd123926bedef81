"""What a file of results says: CSV or Excel, by headings that the profile names.

Long tables hold one result a row (`test`, `value` columns); wide ones one specimen a row and a column for each test
(`tests`: heading to code). Cells that are merged hold their value for the whole of them; numbers stored as text and text
stored as numbers are both taken as written.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from huizhen.lab.instruments.codecs import charset
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.readings import Kind, Reading, Status, Understood
from huizhen.lab.instruments.understanding.values import is_failure, moment, plain_number

EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
MOST_ROWS = 200_000


class NotATable(ValueError):
    """The bytes are no table that can be opened."""


@dataclass(frozen=True)
class Table:
    """Where a heading row was found, and the rows below it."""

    columns: dict[str, int]
    rows: list[list[str]]


def read(payload: bytes, profile: Profile) -> Understood:
    """All readings of a file. Problems: `not_a_table`, `no_headings`, `no_results`, `no_specimen`, `no_test`."""
    try:
        tables = [found for rows in open_tables(payload, profile) if (found := find_table(rows, profile))]
    except NotATable:
        return Understood(problems=("not_a_table",))
    problems = [] if tables else ["no_headings"]
    readings = [reading for table in tables for row in table.rows for reading in _row(row, table, profile, problems)]
    if tables and not readings and not problems:
        problems.append("no_results")
    return Understood(tuple(readings), tuple(dict.fromkeys(problems)))


# --- opening -----------------------------------------------------------------------------------------------------
def open_tables(payload: bytes, profile: Profile) -> Iterable[list[list[str]]]:
    """The sheets of a workbook or the one table of a CSV, as rows of text. Raises NotATable."""
    if not payload.startswith(EXCEL):
        return [_rows_of_csv(payload, profile)]
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(payload))
        wanted = profile.sheet.get("sheet")
        return [_rows_of_sheet(book.get_sheet_by_name(name)) for name in book.sheet_names if wanted in (None, name)]
    except (CalamineError, OSError, ValueError) as error:
        raise NotATable(str(error)) from error


def _rows_of_csv(payload: bytes, profile: Profile) -> list[list[str]]:
    if b"\x00" in payload[:1000] and not payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotATable("binary")
    wide = payload.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = payload.decode("utf-16", "replace") if wide else charset.decode(payload, profile.link.get("charset", ""))[0]
    lines = text.removeprefix("\ufeff").splitlines()
    mark = profile.sheet.get("delimiter") or max(",;\t", key="\n".join(lines[:20]).count)
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark)][:MOST_ROWS]
    except csv.Error as error:
        raise NotATable(str(error)) from error


def _rows_of_sheet(sheet: CalamineSheet) -> list[list[str]]:
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in rows[top : bottom + 1]:
            row[left : right + 1] = [rows[top][left]] * len(row[left : right + 1])
    return rows


def _text(cell: Any) -> str:
    """A cell as it is shown: whole numbers without a point (barcodes are stored as numbers), times as digits."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y%m%d%H%M%S")
    if isinstance(cell, date):
        return cell.strftime("%Y%m%d")
    return str(cell).strip().removeprefix("'")


# --- understanding -----------------------------------------------------------------------------------------------
def find_table(rows: Sequence[Sequence[str]], profile: Profile) -> Table | None:
    """The first row that holds a heading for each column that must be there: titles above it do not disturb."""
    wanted = {name: _names(given) for name, given in profile.sheet.get("columns", {}).items()}
    tests: dict[str, str] = profile.sheet.get("tests", {})
    for place, row in enumerate(rows):
        headings = {cell.strip().lower(): column for column, cell in reversed(list(enumerate(row))) if cell.strip()}
        columns = {name: headings[one] for name, names in wanted.items() for one in reversed(names) if one in headings}
        columns |= {f"={code}": headings[title.lower()] for title, code in tests.items() if title.lower() in headings}
        has_values = any(name.startswith("=") for name in columns) if tests else {"test", "value"} <= set(columns)
        if "specimen" in columns and has_values:
            return Table(columns, [list(below) for below in rows[place + 1 :]])
    return None


def _names(given: str | list[str]) -> list[str]:
    return [name.strip().lower() for name in ([given] if isinstance(given, str) else given)]


def _row(row: list[str], table: Table, profile: Profile, problems: list[str]) -> Iterable[Reading]:
    cells = {name: row[column].strip() if column < len(row) else "" for name, column in table.columns.items()}
    if not any(cells.values()):
        return
    width = profile.sheet.get("specimen_width", 0)
    specimen = cells["specimen"].zfill(width) if cells["specimen"] else ""
    tests = {name[1:]: value for name, value in cells.items() if name.startswith("=")}
    for test, value in (tests or {cells.get("test", ""): cells.get("value", "")}).items():
        if tests and not value:
            continue
        if not test:
            problems.append("no_test")
            continue
        yield _reading(cells, specimen, test, value, profile, problems)


def _reading(
    cells: dict[str, str], specimen: str, test: str, value: str, profile: Profile, problems: list[str]
) -> Reading:
    kind = _kind(cells, specimen, profile)
    if not specimen and kind is Kind.PATIENT:
        problems.append("no_specimen")
    value = plain_number(value, profile.decimal, profile.thousands)
    failed = not value or is_failure(value, profile.failures)
    flag = cells.get("flag", "")
    return Reading(
        specimen, test, cells.get("name", ""), value, cells.get("unit", ""), (flag,) if flag else (),
        Status.FAILED if failed else Status.FINAL, kind, value if failed else "",
        moment("".join(letter for letter in cells.get("measured", "") if letter.isdigit()), profile.zone),
    )  # fmt: skip


def _kind(cells: dict[str, str], specimen: str, profile: Profile) -> Kind:
    said = cells.get("kind", "")
    for kind in (Kind.CONTROL, Kind.CALIBRATION):
        marks = profile.sheet.get(kind.value, ())
        if said and said in marks or specimen and specimen in marks:
            return kind
    return Kind.PATIENT
