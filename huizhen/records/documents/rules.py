"""What may be kept as a document, and what its file says of itself. Works on open files, no database."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, BinaryIO

from PIL import Image, ImageOps

from huizhen.kernel.late import Late
from huizhen.records.documents.faults import BROKEN, BadFile

pdf: Any = Late("huizhen.records.documents.pdf")
PDF = "application/pdf"
PICTURES = frozenset({"image/jpeg", "image/png"})
MEDIA_TYPES = PICTURES | {PDF}
MOST_PIXELS = 100_000_000
LONGEST_TITLE = 200
SMALLEST, LARGEST = 32, 2048  # pixels of the longer side of a preview


def check_title(title: str) -> str | None:
    """The code of what is wrong with a title, or None."""
    if not title.strip():
        return "missing"
    return "too_long" if len(title.strip()) > LONGEST_TITLE else None


def check_taken(taken_on: date | None, today: date) -> str | None:
    """A document may be undated, but not from tomorrow."""
    return "taken_future" if taken_on and taken_on > today else None


def count_pages(file: BinaryIO, media_type: str) -> int:
    """How many pages a document has, 1 for a picture; opens it far enough to know that it can be opened.

    Raises:
        BadFile: `wrong_type`, `damaged`, `locked`, `too_many_pixels` or `too_many_pages`.
    """
    if media_type == PDF:
        return int(pdf.count_pages(file))
    if media_type not in PICTURES:
        raise BadFile("wrong_type")
    with picture(file) as image:
        image.load()
    return 1


@contextmanager
def picture(file: BinaryIO) -> Iterator[Image.Image]:
    """Open a JPEG or PNG whose size is known to be bearable before a pixel is decoded."""
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=("JPEG", "PNG"))
        if image.width * image.height > MOST_PIXELS:
            raise BadFile("too_many_pixels")
        yield image
    except Image.DecompressionBombError as error:
        raise BadFile("too_many_pixels") from error
    except BROKEN as error:
        raise BadFile("damaged") from error


def preview(file: BinaryIO, size: int) -> bytes:
    """A small WebP of a picture, upright, without the place and the phone its metadata tell of.

    `size`: pixels of the longer side, kept between 32 and 2048. Raises BadFile.
    """
    edge = min(max(size, SMALLEST), LARGEST)
    buffer = io.BytesIO()
    with picture(file) as image:
        image.draft("RGB", (edge * 2, edge * 2))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        upright.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()
