"""Invented papers of the demonstration as PDF: laboratory reports, summaries, signed forms."""

from datetime import UTC, datetime

from huizhen.kernel.paper.typeset import Sources, typeset

PAGE = b"""
#let paper = json("data.json")
#set page(paper: "a5", margin: 18mm)
#set text(font: "Noto Sans CJK SC", size: 10pt, lang: "zh")
#align(center, text(15pt, weight: "bold", paper.title))
#v(2mm)
#line(length: 100%, stroke: 0.5pt)
#for one in paper.lines [#one #parbreak()]
#v(1fr)
#align(right, text(8pt, gray, paper.foot))
"""
DATED = datetime(2026, 1, 1, tzinfo=UTC)
FOOT = "演示资料，内容均为虚构"


def make_paper(title: str, lines: tuple[str, ...]) -> bytes:
    """A page with a title and paragraphs."""
    data = {"title": title, "lines": list(lines), "foot": FOOT}
    return typeset(Sources(PAGE, data), at=DATED, standard="a-2b")
