"""Pages of a PDF as pictures. Loaded when the first one is drawn."""

import threading
from collections.abc import Sequence
from typing import BinaryIO

import pypdfium2
from PIL import Image

from huizhen.records.documents.faults import BROKEN, BadFile

# PDFium works for one at a time in a process.
ONE_AT_A_TIME = threading.Lock()


def draw(file: BinaryIO, edge: int, numbers: Sequence[int]) -> list[Image.Image]:
    """These pages (from 1), their longer side `edge` pixels. Raises BadFile."""
    try:
        with ONE_AT_A_TIME, pypdfium2.PdfDocument(file) as document:
            return [draw_page(document[number - 1], edge) for number in numbers]
    except (pypdfium2.PdfiumError, *BROKEN) as error:
        raise BadFile("damaged") from error


def draw_page(page: pypdfium2.PdfPage, edge: int) -> Image.Image:
    """One page."""
    return page.render(scale=edge / max(*page.get_size(), 1.0)).to_pil().convert("RGB")
