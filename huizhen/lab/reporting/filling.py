"""Filling a platform's own workbook. Pure.

A platform checks what it gave out: hidden sheets, lists of choices, marks of its version. A library that reads and
writes the whole would lose some of it. So only the rows below the headings of one sheet are replaced, in its XML as it
stands (ECMA-376, part 1, section 18.3.1), and all other parts are copied byte for byte.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, unescape

from python_calamine import CalamineError

from huizhen.lab.refused import Refused
from huizhen.lab.reporting.workbooks import Found, check_package, is_risky, read_back

WORKBOOK, RELATIONS, STYLES, TYPES = (
    "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "[Content_Types].xml",
)  # fmt: skip
CHAIN = "xl/calcChain.xml"  # the order of formulas; Excel makes it anew, and complains where it names one that is gone
# How a part of a package says that it is damaged, sealed with a password, or packed in a way nobody can open here.
DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError)
MADE = (1980, 1, 1, 0, 0, 0)
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
TAG = re.compile(r"<(?:\w+:)?(sheet|Relationship)\s([^>]*)>")
ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
PLAIN = '<{p}xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"{more}/>'


@dataclass(frozen=True)
class Styles:
    """The numbers of two styles that were added: text, and text that must never become a formula."""

    text: int
    risky: int


def fill(content: bytes, found: Found, rows: Sequence[Sequence[str]]) -> bytes:
    """The workbook with these rows of texts below its headings; what stood below them is gone.

    Raises:
        Refused: `file`: `unreadable_template`, also where it would not read back as it was filled; `malformed_template`
            where its parts are not as the standard has them.
    """
    check_package(content)
    try:
        parts = _open(content)
        path = _path_of(parts, found.sheet)
        styled, styles = _add_styles(parts[STYLES].decode())
        parts[STYLES] = styled.encode()
        parts[path] = _fill_sheet(parts[path].decode(), found.header_row, rows, styles).encode()
        _forget_chain(parts)
    except (KeyError, ValueError, *DAMAGED) as error:
        raise Refused({"file": "malformed_template"}) from error
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as filled:
        for name, part in parts.items():
            filled.writestr(zipfile.ZipInfo(name, MADE), part, zipfile.ZIP_DEFLATED)
    return _proved(out.getvalue(), found, rows)


def _open(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {one.filename: package.read(one) for one in package.infolist()}


def _proved(made: bytes, found: Found, rows: Sequence[Sequence[str]]) -> bytes:
    """A file with a result in the wrong row would go to the wrong person: it is read back before anybody gets it."""
    width = len(found.headings)
    try:
        rows_seen = read_back(made, found.sheet, found.header_row + 1)
    except CalamineError as error:
        raise Refused({"file": "unreadable_template"}) from error
    seen = [(row + [""] * width)[:width] for row in rows_seen]
    if seen[: len(rows)] != [[clean(cell) for cell in row] for row in rows] or any(map(any, seen[len(rows) :])):
        raise Refused({"file": "unreadable_template"})
    return made


def clean(text: str) -> str:
    """Without what XML cannot hold."""
    return FORBIDDEN.sub("", text)


def _tags(xml: str, name: str) -> list[dict[str, str]]:
    return [{key: unescape(value, {"&quot;": '"'}) for key, value in ATTRIBUTE.findall(given)}
            for tag, given in TAG.findall(xml) if tag == name]  # fmt: skip


def _path_of(parts: dict[str, bytes], sheet: str) -> str:
    """The part that holds a sheet."""
    wanted = {one["name"]: one["r:id"] for one in _tags(parts[WORKBOOK].decode(), "sheet")}[sheet]
    target = {one["Id"]: one["Target"] for one in _tags(parts[RELATIONS].decode(), "Relationship")}[wanted]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _prefix(xml: str, root: str) -> str:
    """Some programs write `<x:worksheet>` for `<worksheet>`."""
    found = re.search(rf"<(\w+:)?{root}[\s>]", xml)
    if found is None:
        raise ValueError(f"no {root}")
    return found[1] or ""


def _add_styles(xml: str) -> tuple[str, Styles]:
    p = _prefix(xml, "styleSheet")
    head = re.search(rf'<{p}cellXfs\b[^>]*?\bcount="(\d+)"[^>]*>', xml)
    if head is None:
        raise ValueError("no styles of cells")
    count = int(head[1])
    new = PLAIN.format(p=p, more="") + PLAIN.format(p=p, more=' quotePrefix="1"')
    opened = head[0].replace(f'count="{count}"', f'count="{count + 2}"')
    xml = xml.replace(head[0], opened, 1).replace(f"</{p}cellXfs>", f"{new}</{p}cellXfs>", 1)
    return xml, Styles(count, count + 1)


def _fill_sheet(xml: str, header_row: int, rows: Sequence[Sequence[str]], styles: Styles) -> str:
    p = _prefix(xml, "worksheet")
    data = re.search(rf"<{p}sheetData>(.*?)</{p}sheetData>", xml, re.S)
    if data is None:
        raise ValueError("no rows")
    kept, below = [], ""
    for number, row in _rows(data[1], p):
        if number <= header_row:
            kept.append(row)
        elif number == header_row + 1:
            below = row
    looks = _looks(below, p)
    made = [_row(number, row, p, looks, styles) for number, row in enumerate(rows, header_row + 1)]
    filled = f"<{p}sheetData>{''.join(kept + made)}</{p}sheetData>"
    xml = xml[: data.start()] + filled + xml[data.end() :]
    return _unmerge(re.sub(rf"<{p}dimension\b[^>]*/>", "", xml, count=1), p, header_row)


def _rows(xml: str, p: str) -> list[tuple[int, str]]:
    """Each row with its number; one that does not say its number follows the one before."""
    found, last = [], 0
    for one in re.finditer(rf"<{p}row\b([^>]*?)(?:/>|>.*?</{p}row>)", xml, re.S):
        said = dict(ATTRIBUTE.findall(one[1])).get("r")
        last = int(said) if said else last + 1
        found.append((last, one[0]))
    return found


def _looks(row: str, p: str) -> dict[str, str]:
    """The style of each column, by its letters, as the template's first row below the headings has it."""
    cells = [dict(ATTRIBUTE.findall(one)) for one in re.findall(rf"<{p}c\b([^>]*?)/?>", row)]
    return {one["r"].rstrip("0123456789"): one["s"] for one in cells if "r" in one and "s" in one}


def _row(number: int, row: Sequence[str], p: str, looks: dict[str, str], styles: Styles) -> str:
    cells = "".join(
        f'<{p}c r="{letters}{number}" s="{styles.risky if is_risky(text) else looks.get(letters, styles.text)}"'
        f' t="inlineStr"><{p}is><{p}t xml:space="preserve">{escape(text)}</{p}t></{p}is></{p}c>'
        for letters, text in ((_letters(place), clean(cell)) for place, cell in enumerate(row))
        if text
    )
    return f'<{p}row r="{number}">{cells}</{p}row>'


def _letters(place: int) -> str:
    """A column's letters: 0 is A, 26 is AA."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _unmerge(xml: str, p: str, header_row: int) -> str:
    """Cells that were merged below the headings would hide what now stands in them."""

    def keep(one: re.Match[str]) -> str:
        last = re.search(r"\d+$", one[1])
        if last is None:
            raise ValueError(f"merged cells {one[1]} end in no row")
        return one[0] if int(last[0]) <= header_row else ""

    xml = re.sub(rf'<{p}mergeCell ref="([^"]+)"\s*/>', keep, xml)
    left = len(re.findall(rf"<{p}mergeCell\b", xml))
    whole = rf"<{p}mergeCells\b[^>]*>(.*?)</{p}mergeCells>"
    new = rf'<{p}mergeCells count="{left}">\1</{p}mergeCells>' if left else ""
    return re.sub(whole, new, xml, flags=re.S)


def _forget_chain(parts: dict[str, bytes]) -> None:
    if parts.pop(CHAIN, None) is None:
        return
    for path, mark in ((TYPES, rb'<Override\b[^>]*"/xl/calcChain\.xml"[^>]*/>'),
                       (RELATIONS, rb'<Relationship\b[^>]*"/?(?:xl/)?calcChain\.xml"[^>]*/>')):  # fmt: skip
        parts[path] = re.sub(mark, b"", parts[path])
