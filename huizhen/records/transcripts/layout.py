"""From pieces of text scattered over a page to the lines of a table. Pure geometry: pixels in, items out.

The machine gives boxes. They are turned level, joined to rows from left to right by how much their heights overlap, and
the row with the words `项目` and `结果` says where the columns are. A report may hold several tables, one below the
other or two side by side.
"""

import math
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from huizhen.records.transcripts import vocabulary
from huizhen.records.transcripts.characters import plain
from huizhen.records.transcripts.lines import Line
from huizhen.records.transcripts.rules import Item, complete, plain_flag, read_facts

SAME_ROW = 0.45  # of the lower height must overlap
ALONGSIDE = 0.5  # of the lower height: how far two pieces of one row may reach into each other
GLUED = re.compile(r"([↑↓])(?=[A-Za-zμ%/])")  # a mark and the unit after it, read as one word
NEEDED = ({"name", "value"}, {"name", "range"}, {"code", "value"})


@dataclass(frozen=True)
class Box:
    """The same, turned level. `line` is its place in the list of lines."""

    text: str
    sure: float
    left: float
    top: float
    right: float
    bottom: float
    line: int

    @property
    def height(self) -> float:
        """How high it is, in pixels; never nothing."""
        return max(self.bottom - self.top, 1.0)

    @property
    def middle(self) -> float:
        """Its middle from left to right."""
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Column:
    """A column by its heading."""

    kind: str
    left: float
    right: float

    def away(self, box: Box) -> float:
        """How far a box is from this column: the gap between them, and a little for being off its middle."""
        gap = max(0.0, box.left - self.right, self.left - box.right)
        return gap + 0.1 * abs(box.middle - (self.left + self.right) / 2)


@dataclass
class Cells:
    """What stands in one line of a table, by kind of column."""

    boxes: dict[str, list[Box]] = field(default_factory=dict)

    def text(self, kind: str) -> str:
        """The words of one cell."""
        return " ".join(box.text for box in self.boxes.get(kind, ()))

    def all(self) -> list[Box]:
        """Every box of the line."""
        return [box for boxes in self.boxes.values() for box in boxes]


def read_page(lines: Sequence[Line], page: int = 1) -> tuple[list[Item], dict[str, str]]:
    """The items of one page, from top to bottom (a left table before a right one), and what its head says."""
    rows = join_rows(straighten(lines))
    facts = read_facts(" ".join(box.text for box in row) for row in rows)
    found = [item for cells in read_tables(rows) if (item := to_item(cells, page))]
    return found, facts


def straighten(lines: Sequence[Line]) -> list[Box]:
    """The boxes turned by the middle of all their slopes, so that rows run level."""
    slope = angle_of(lines)
    cos, sin = math.cos(-slope), math.sin(-slope)
    boxes = []
    for place, line in enumerate(lines):
        turned = [(x * cos - y * sin, x * sin + y * cos) for x, y in line.corners]
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = turned
        boxes.append(
            Box(
                GLUED.sub(r"\1 ", plain(line.text)),
                line.sure,
                (x1 + x4) / 2,
                (y1 + y2) / 2,
                (x2 + x3) / 2,
                (y3 + y4) / 2,
                place,
            )
        )
    return [box for box in boxes if box.text]


def angle_of(lines: Sequence[Line]) -> float:
    """The slope of the text in radians: the middle of the long lines' slopes, 0 where there are none."""
    slopes = []
    for line in lines:
        (x1, y1), (x2, y2), _, (x4, y4) = line.corners
        if math.hypot(x2 - x1, y2 - y1) > 2.5 * math.hypot(x4 - x1, y4 - y1):
            slopes.append(math.atan2(y2 - y1, x2 - x1))
    return statistics.median(slopes) if slopes else 0.0


def join_rows(boxes: Iterable[Box]) -> list[list[Box]]:
    """Boxes that stand in one line, each row from left to right, the rows from top to bottom."""
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda one: one.left):
        near = [(overlap(row[-1], box), row) for row in rows if follows(row[-1], box)]
        best, row = max(near, key=lambda one: one[0], default=(0.0, []))
        if best >= SAME_ROW:
            row.append(box)
        else:
            rows.append([box])
    return sorted(rows, key=lambda row: statistics.fmean((box.top + box.bottom) / 2 for box in row))


def follows(before: Box, box: Box) -> bool:
    """Whether a box can stand to the right of another in one row."""
    return box.left >= before.right - ALONGSIDE * min(before.height, box.height)


def overlap(one: Box, other: Box) -> float:
    """How much two boxes share of the lower one's height."""
    return (min(one.bottom, other.bottom) - max(one.top, other.top)) / min(one.height, other.height)


def read_tables(rows: Iterable[Sequence[Box]]) -> list[Cells]:
    """The lines of every table on the page."""
    panels: list[list[Column]] = []
    lines: list[list[Cells]] = []
    found: list[Cells] = []
    for row in rows:
        headings = [column for box in row for column in headings_in(box)]
        if any(needed <= {column.kind for column in headings} for needed in NEEDED):
            found += [cells for panel in lines for cells in panel]
            panels = to_panels(headings)
            lines = [[] for _ in panels]
        elif panels and vocabulary.FOOT.match(" ".join(box.text for box in row)):
            found += [cells for panel in lines for cells in panel]
            panels, lines = [], []
        elif panels:
            for panel, cells in zip(lines, to_cells(row, panels), strict=True):
                add_line(panel, cells)
    return found + [cells for panel in lines for cells in panel]


def headings_in(box: Box) -> list[Column]:
    """The headings a box holds: mostly one, several where the machine read neighbours as one piece."""
    text = box.text.replace(" ", "")
    taken: dict[int, tuple[int, str]] = {}
    for kind, pattern in vocabulary.HEADINGS:
        for hit in pattern.finditer(text):
            if not any(start < hit.end() and hit.start() < end for start, (end, _) in taken.items()):
                taken[hit.start()] = (hit.end(), kind)
    letters = sum(end - start for start, (end, _) in taken.items())
    # A sentence that mentions a result is no heading.
    if not taken or letters < 0.6 * len(re.sub(r"\W", "", text)):
        return []
    step = (box.right - box.left) / max(len(text), 1)
    return [
        Column(kind, box.left + start * step, box.left + end * step) for start, (end, kind) in sorted(taken.items())
    ]


def to_panels(columns: Sequence[Column]) -> list[list[Column]]:
    """Columns cut into tables side by side: where a kind comes again, the next one begins."""
    panels: list[list[Column]] = [[]]
    for column in sorted(columns, key=lambda one: one.left):
        if any(one.kind == column.kind for one in panels[-1]):
            panels.append([])
        panels[-1].append(column)
    whole = [panel for panel in panels if any(needed <= {one.kind for one in panel} for needed in NEEDED)]
    return whole or [list(columns)]


def to_cells(row: Sequence[Box], panels: Sequence[Sequence[Column]]) -> list[Cells]:
    """A row's boxes in the cells of each panel."""
    edges = [panel[0].left - 0.25 * max(panel[0].left - before[-1].right, 0.0)
             for before, panel in pairwise(panels)]  # fmt: skip
    lines = [Cells() for _ in panels]
    for whole in row:
        for box in cut(whole, [column for panel in panels for column in panel]):
            panel = sum(box.left + 0.2 * (box.right - box.left) >= edge for edge in edges)
            column = min(panels[panel], key=lambda one: one.away(box))
            lines[panel].boxes.setdefault(column.kind, []).append(box)
    return lines


def cut(box: Box, columns: Sequence[Column]) -> list[Box]:
    """A box that lies over several headings, cut at its blanks; names with blanks stay whole."""
    words = box.text.split(" ")
    under = [column for column in columns if box.left < (column.left + column.right) / 2 < box.right]
    if len(words) < 2 or len(under) < 2:
        return [box]
    step = (box.right - box.left) / len(box.text)
    pieces, place = [], 0
    for word in words:
        left = box.left + place * step
        pieces.append(replace(box, text=word, left=left, right=left + len(word) * step))
        place += len(word) + 1
    return pieces


def add_line(lines: list[Cells], cells: Cells) -> None:
    """Add a line, or what it continues to the line before: a long name or a range printed over several lines."""
    kinds = {kind for kind in cells.boxes if cells.text(kind)}
    if not kinds - {"number"}:
        return
    if (lines and kinds <= {"range"}) or (lines and kinds == {"name"} and continues(lines[-1], cells)):
        for kind, boxes in cells.boxes.items():
            lines[-1].boxes.setdefault(kind, []).extend(boxes)
    else:
        lines.append(cells)


def continues(before: Cells, cells: Cells) -> bool:
    """Whether a lone name is the rest of the name above: it follows closely, and closes what that one opened."""
    above, below = before.text("name"), cells.text("name")
    return above.count("(") > above.count(")") and below.count(")") > below.count("(")


def to_item(cells: Cells, page: int) -> Item | None:
    """One line as an item; None for what is no result, such as a caption between two groups."""
    texts = {kind: cells.text(kind) for kind in ("name", "code", "value", "unit", "range", "flag")}
    move_strays(texts)
    name = texts["name"] or texts["code"]
    if not re.search(r"[^\W\d_]", name) or not texts["value"]:
        return None
    flag = plain_flag(texts["flag"])
    boxes = cells.all()
    edges = (min(box.left for box in boxes), min(box.top for box in boxes),
             max(box.right for box in boxes), max(box.bottom for box in boxes))  # fmt: skip
    return complete(
        Item(
            name=name, value=texts["value"], unit=texts["unit"], range=texts["range"], flag=flag, page=page,
            box=tuple(round(edge) for edge in edges),  # type: ignore[arg-type]  # four of them
            sure=round(min(box.sure for box in boxes), 3),
        )
    )  # fmt: skip


def move_strays(texts: dict[str, str]) -> None:
    """Put right what went into the cell beside its own: known by what it looks like."""
    if not texts["value"] and (hit := re.search(r"\s([<>≤≥]?\d[\d.]*)\s*([↑↓HL]?)$", texts["name"])):
        texts["value"], texts["flag"] = hit[1], texts["flag"] or hit[2]
        texts["name"] = texts["name"][: hit.start()]
    for wrong, right in (("unit", "flag"), ("range", "flag"), ("value", "flag")):
        first, _, rest = texts[wrong].partition(" ")
        last = texts[wrong].rpartition(" ")[2]
        if not texts[right] and texts[wrong] and plain_flag(last) in ("high", "low") and (rest or wrong != "value"):
            texts[right], texts[wrong] = last, texts[wrong][: -len(last)].strip()
        elif not texts[right] and rest and plain_flag(first) in ("high", "low"):
            texts[right], texts[wrong] = first, rest
    if is_range(texts["unit"]) and not is_range(texts["range"]):
        texts["unit"], texts["range"] = texts["range"], texts["unit"]
    for cell, other in (("range", "unit"), ("unit", "range")):
        part = both(texts[cell]) if not texts[other] else None
        if part:
            texts["range"], texts["unit"] = part


def is_range(text: str) -> bool:
    """Whether a text looks like a reference range."""
    return bool(vocabulary.SPAN.search(text) or vocabulary.BOUND.search(text))


def both(text: str) -> tuple[str, str] | None:
    """Range and unit that were read as one piece."""
    if hit := re.fullmatch(rf"(.*?{vocabulary.SPAN.pattern})\s+?(\S*[A-Za-z%/]\S*)", text):
        return hit[1], hit[hit.lastindex or 0]
    return None
