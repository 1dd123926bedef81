"""Reading a list of persons out of an Excel or CSV file: Chinese or English column names, any order, GB18030 too."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from huizhen.lab.refused import Refused
from huizhen.lab.specimens.rules import Entry
from huizhen.records.patients.rules import plain_number

MOST_ROWS = 20_000
COLUMNS = {
    "name": re.compile(r"name|姓名|受检者|受检者姓名|人员姓名"),
    "number": re.compile(
        r"(id|identity|passport|document)( ?(no|number|card))?\.?|(居民)?身份证(号码?|件号码?)?|证件号码?|护照号?"
    ),
    "kind": re.compile(r"(id|document) ?(type|kind)|证件(类型|类别)"),
    "phone": re.compile(r"phone|mobile|(手机|电话|联系电话)(号码?)?"),
    "sex": re.compile(r"sex|gender|性别"),
    "birth_on": re.compile(r"birth( ?(date|day|on))?|出生(日期|年月)?"),
    "code": re.compile(r"(health )?code|健康(码|档案码|档案号)"),
}  # fmt: skip
MALE, FEMALE = re.compile(r"m|male|男性?"), re.compile(r"f|female|女性?")
KINDS = (
    ("passport", re.compile(r"passport|.*护照")),
    ("hk_macau_permit", re.compile(r".*(港澳|回乡).*")),
    ("taiwan_permit", re.compile(r".*(台湾|台胞).*")),
    ("foreign_permit", re.compile(r".*永久居留.*")),
)
DAY = re.compile(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?")


class Row(NamedTuple):
    """A person of a list. `number` as Excel counts, `first`: the place of the first row with the same document or code,
    its own where there is none before."""

    number: int
    entry: Entry
    first: int


def read_rows(data: bytes, name: str) -> list[Row]:
    """The persons of a list, each knowing whether it stands there twice. Raises as `read_list`."""
    places: dict[tuple[str, str], int] = {}
    return [
        Row(number, entry, places.setdefault(_key(entry), place))
        for place, (number, entry) in enumerate(read_list(data, name))
    ]


def _key(entry: Entry) -> tuple[str, str]:
    return (entry.kind, plain_number(entry.number)) if entry.number else ("code", entry.code)


def read_list(data: bytes, name: str) -> Iterator[tuple[int, Entry]]:
    """The persons of a list with their row numbers (as Excel counts); empty rows are left out.

    Raises:
        Refused: `file`: `unreadable_list`, `no_columns`, `too_many_rows`.
    """
    rows = _read_csv(data) if name.lower().endswith((".csv", ".txt")) else _read_workbook(data)
    start, places = _find_columns(rows)
    if len(rows) - start > MOST_ROWS:
        raise Refused({"file": "too_many_rows"})
    for number, row in enumerate(rows[start + 1 :], start + 2):
        values = {field: _text(row[place]) for field, place in places.items() if place < len(row)}
        if any(values.values()):
            yield number, _entry(values)


def _read_csv(data: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        return [list(row) for row in csv.reader(io.StringIO(text), delimiter=separator)]
    raise Refused({"file": "unreadable_list"})


def _read_workbook(data: bytes) -> list[list[Any]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, IndexError, OSError) as error:
        raise Refused({"file": "unreadable_list"}) from error


def _find_columns(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]]:
    """The row that names the columns: the first that has a name and a number; titles may stand above it."""
    for place, row in enumerate(rows[:10]):
        heads = [_text(cell).lower().strip("*： :") for cell in row]
        found = {
            field: next(number for number, head in enumerate(heads) if pattern.fullmatch(head))
            for field, pattern in COLUMNS.items()
            if any(pattern.fullmatch(head) for head in heads)
        }
        if "code" in found or {"name", "number"} <= found.keys():
            return place, found
    raise Refused({"file": "no_columns"})


def _text(cell: Any) -> str:
    """A cell as text: Excel keeps numbers as floats, and a phone number must not end in `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return " ".join(str(cell if cell is not None else "").split())


def _entry(values: dict[str, str]) -> Entry:
    sex, day = values.get("sex", "").lower(), DAY.match(values.get("birth_on", ""))
    kind = values.get("kind", "").lower()
    return Entry(
        name=values.get("name", ""),
        kind=next((code for code, words in KINDS if words.fullmatch(kind)), "resident"),
        number=values.get("number", ""),
        phone=values.get("phone", ""),
        sex="male" if MALE.fullmatch(sex) else "female" if FEMALE.fullmatch(sex) else "",
        birth_on=f"{day[1]}-{int(day[2]):02d}-{int(day[3]):02d}" if day else "",
        code=values.get("code", ""),
    )
