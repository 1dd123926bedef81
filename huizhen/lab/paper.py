"""The laboratory's papers, and the lines of their barcodes."""

from datetime import datetime
from importlib.resources import files
from typing import Any

from huizhen.kernel.late import Late

# Every process knows the laboratory, and few set papers.
paper: Any = Late("huizhen.kernel.paper.typeset")

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


def typeset(template: str, data: dict[str, Any], pictures: dict[str, bytes], *, at: datetime) -> bytes:
    """Set one of the laboratory's papers (`papers/`)."""
    sources = paper.Sources((TEMPLATES / template).read_bytes(), data, pictures)
    return bytes(paper.typeset(sources, at=at, standard=STANDARD))


def draw_qr(address: str) -> bytes:
    """The QR code of an address as SVG."""
    return bytes(paper.draw_qr(address))
