"""Setting the laboratory's papers in type: a template and its data in, PDF/A bytes out; and the lines of barcodes."""

import io
import json
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import qrcode
import qrcode.image.svg
import typst

FACE = "Noto Sans CJK SC"
PACKAGES = ("manimgx_fonts_cjk", "manimgx_fonts")
TEMPLATES = files("huizhen.lab") / "papers"
STANDARD = "a-2b"
# Code 128: widths of bars and spaces of the values 0 to 102, of the starts A, B, C, and of the stop (ISO/IEC 15417).
WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
PATTERNS = [*(WIDTHS[place : place + 6] for place in range(0, len(WIDTHS), 6)), "2331112"]
START_B, START_C, STOP = 104, 105, 106


def code128(text: str) -> str:
    """The widths of a text's bars and spaces, bars first, in modules: digits in pairs (C), all else one by one (B).

    `text` is printable ASCII. The last but one symbol is the checksum (ISO/IEC 15417).
    """
    if text.isdigit() and len(text) % 2 == 0:
        values = [START_C, *(int(text[place : place + 2]) for place in range(0, len(text), 2))]
    else:
        values = [START_B, *(ord(sign) - 32 for sign in text)]
    checksum = (values[0] + sum(place * value for place, value in enumerate(values[1:], 1))) % 103
    return "".join(PATTERNS[value] for value in (*values, checksum, STOP))


def draw_barcode(text: str) -> bytes:
    """A barcode as SVG, ten modules of quiet zone on each side."""
    widths = [int(width) for width in code128(text)]
    bars, place = [], 10
    for number, width in enumerate(widths):
        if number % 2 == 0:
            bars.append(f'<rect x="{place}" y="0" width="{width}" height="40"/>')
        place += width
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {place + 10} 40">{"".join(bars)}</svg>'.encode()


def draw_qr(text: str) -> bytes:
    """A QR code as SVG."""
    out = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=0, box_size=10).save(out)
    return out.getvalue()


@cache
def get_fonts() -> typst.Fonts:
    """The fonts that ship, and no others: a paper looks the same everywhere."""
    folders = [str(Path(str(files(package)))) for package in PACKAGES]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def typeset(template: str, data: dict[str, Any], pictures: dict[str, bytes], *, at: datetime) -> bytes:
    """Set a paper. What people wrote travels as data, never as template text; the same input gives the same bytes."""
    text = json.dumps({**data, "families": [FACE]}, ensure_ascii=False)
    sources = {"main.typ": (TEMPLATES / template).read_bytes(), "data.json": text.encode(), **pictures}
    options: Any = {"format": "pdf", "font_paths": get_fonts(), "timestamp": int(at.timestamp())}
    try:
        return typst.compile(sources, pdf_standards=[STANDARD], **options)  # type: ignore[call-overload]  # it takes files from memory
    except typst.TypstError as error:
        # A rare sign without a shape must not hold back a paper that somebody waits for.
        if "could not be displayed" not in str(error):
            raise
        return typst.compile(sources, **options)  # type: ignore[call-overload]  # it takes files from memory
