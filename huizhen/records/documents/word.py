"""What stands in a Word document, as plain text: no macro, no link, no picture of it reaches a reader's page."""

from dataclasses import dataclass
from typing import BinaryIO

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph

MOST_BLOCKS, MOST_CELLS = 5_000, 20_000


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading (`level` from 1), or a table of `rows`."""

    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()

    def texts(self) -> list[str]:
        """All its words."""
        return [self.text, *(cell for row in self.rows for cell in row)]


def read_blocks(file: BinaryIO) -> list[Block]:
    """The blocks of a document in their order; empty ones are left out.

    The upload has made sure that the zip is no bomb. Raises what the parser trips over.
    """
    file.seek(0)
    found: list[Block] = []
    for part in docx.Document(file).iter_inner_content():
        block = to_block(part)
        if block.text or block.rows:
            found.append(block)
        if len(found) >= MOST_BLOCKS:
            break
    return found


def to_block(part: Paragraph | Table) -> Block:
    """One part of the document. A merged cell is given once."""
    if isinstance(part, Paragraph):
        style = part.style.name if part.style is not None and part.style.name else ""
        level = int(style[-1]) if style.startswith("Heading ") and style[-1].isdigit() else int(style == "Title")
        return Block(part.text.strip(), min(level, 3))
    rows = []
    for row in part.rows[:MOST_CELLS]:
        cells = list(dict.fromkeys(cell._tc for cell in row.cells))
        texts = {cell._tc: cell.text.strip() for cell in row.cells}
        rows.append(tuple(texts[cell] for cell in cells))
    return Block(rows=tuple(row for row in rows if any(row)))
