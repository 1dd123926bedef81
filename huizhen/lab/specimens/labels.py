"""Labels for tubes: a sheet of 65 for any office printer, or ZPL for a label printer. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from huizhen.lab.paper import draw_barcode, typeset

# What ZPL would take as a command, and what its plain fonts cannot draw.
UNPRINTABLE = re.compile(r"[\^~\\\x00-\x1f]")
# 38 × 21 mm at 8 dots per millimetre; ^CI28 is UTF-8; Code 128 in mode A chooses its own subsets.
ZPL = (
    "^XA^CI28^PW304^LL168^FO24,16^BY2^BCN,80,N,N,N,A^FD{code}^FS"
    "^FO24,104^A0N,26,26^FD{code}^FS^FO24,136^A0N,20,20^FD{site}^FS^XZ\n"
)


def draw_sheet(site_name: str, barcodes: Sequence[str], *, at: datetime) -> bytes:
    """A4 sheets as PDF, five by thirteen labels of 38 × 21 mm each."""
    pictures = {f"label-{number}.svg": draw_barcode(code) for number, code in enumerate(barcodes)}
    labels = [
        {"code": code, "site": site_name, "picture": picture} for code, picture in zip(barcodes, pictures, strict=True)
    ]
    return typeset("labels.typ", {"title": site_name, "labels": labels}, pictures, at=at)


def write_zpl(site_name: str, barcodes: Sequence[str]) -> str:
    """One ZPL label per barcode, to be sent to a label printer as it is."""
    site = UNPRINTABLE.sub(" ", site_name)[:24]
    return "".join(ZPL.format(code=UNPRINTABLE.sub("", code), site=site) for code in barcodes)
