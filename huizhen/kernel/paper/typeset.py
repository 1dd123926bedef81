"""Set a paper in type. What people wrote travels as data and is never template text; the same input gives the same
bytes."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import qrcode
import qrcode.image.svg
import typst

from huizhen.kernel.paper import glyphs

# What typst says of a sign that only shaping can miss.
NO_SHAPE = "could not be displayed"


@dataclass(frozen=True)
class Sources:
    """What a paper is set from.

    `template` is typst text that reads `data.json`: `data` made printable, `exact` as it is (for programs, not for
    eyes), and `families`, the fonts. `files` lie beside it by name and must be UTF-8 (SVG).
    """

    template: bytes
    data: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)
    exact: Mapping[str, Any] = field(default_factory=dict)

    def gather(self) -> dict[str, bytes]:
        """The files the template sees, by name."""
        shown = {**make_printable(self.data), **self.exact, "families": list(glyphs.get_families())}
        return {**self.files, "main.typ": self.template, "data.json": json.dumps(shown, ensure_ascii=False).encode()}


def typeset(sources: Sources, *, at: datetime, standard: str) -> bytes:
    """Set a paper; `at` stands in the PDF as its date, `standard` is the PDF/A level, such as `a-2b`.

    Raises:
        typst.TypstError: the template is wrong.
    """
    files = sources.gather()
    options: Any = {"format": "pdf", "font_paths": glyphs.get_fonts(), "timestamp": int(at.timestamp())}
    compiler: Any = typst  # its stub knows no files from memory
    try:
        return bytes(compiler.compile(files, pdf_standards=[standard], **options))
    except typst.TypstError as error:
        # A sign without a shape must not hold back a paper that somebody waits for.
        if NO_SHAPE not in str(error):
            raise
        return bytes(compiler.compile(files, **options))


def find(sources: Sources, label: str) -> dict[str, Any]:
    """Ask a template for the one value it left at `label`: where something came to stand, and on which page."""
    compiler: Any = typst  # its stub forgot mappings
    asked = {"field": "value", "one": True, "font_paths": glyphs.get_fonts()}
    found: dict[str, Any] = json.loads(compiler.query(sources.gather(), label, **asked))
    return found


def make_printable(value: Any) -> Any:
    """`glyphs.make_printable` for every text inside."""
    if isinstance(value, str):
        return glyphs.make_printable(value)
    if isinstance(value, Mapping):
        return {key: make_printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_printable(item) for item in value]
    return value


def draw_qr(address: str) -> bytes:
    """The QR code of an address as SVG."""
    out = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, border=0, box_size=10).save(out)
    return out.getvalue()
