"""Invented papers of the demonstration as PDF: laboratory reports, summaries, signed forms."""

import json

import typst

from huizhen.consult.joint.report.glyphs import get_fonts

PAGE = b"""
#let paper = json("paper.json")
#set page(paper: "a5", margin: 18mm)
#set text(font: "Noto Sans CJK SC", size: 10pt, lang: "zh")
#align(center, text(15pt, weight: "bold", paper.title))
#v(2mm)
#line(length: 100%, stroke: 0.5pt)
#for one in paper.lines [#one #parbreak()]
#v(1fr)
#align(right, text(8pt, gray, paper.foot))
"""
FOOT = "演示资料，内容均为虚构"


def make_paper(title: str, lines: tuple[str, ...]) -> bytes:
    """A page with a title and paragraphs."""
    data = json.dumps({"title": title, "lines": list(lines), "foot": FOOT}).encode()
    sources = {"main.typ": PAGE, "paper.json": data}
    return bytes(typst.compile(sources, format="pdf", font_paths=get_fonts()))  # type: ignore[call-overload]  # it takes files from memory
