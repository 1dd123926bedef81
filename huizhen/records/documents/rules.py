"""What may be kept as a document, and what its file says of itself. Works on open files, no database."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from huizhen.kernel.late import Late
from huizhen.records.documents.faults import BROKEN, BadFile

# Each is loaded when the first file of its kind is looked at.
heic: Any = Late("huizhen.records.documents.heic")
pdf: Any = Late("huizhen.records.documents.pdf")
pages: Any = Late("huizhen.records.documents.pages")
word: Any = Late("huizhen.records.documents.word")
PDF = "application/pdf"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PICTURES = frozenset({"image/jpeg", "image/png", "image/heic"})
MEDIA_TYPES = PICTURES | {PDF, WORD}
MOST_PIXELS = 100_000_000
LONGEST_TITLE = 200
SMALLEST, LARGEST = 32, 2048  # pixels of the longer side of a preview
MOST_TRIES = 3  # of setting a photograph straight
STRAIGHTENING: dict[str, Promise] = {
    "perspective": _("seen from straight above"),
    "skew": _("lines made level"),
    "shadow": _("shadow lifted"),
}
TROUBLES: dict[str, Promise] = {
    "storage": _(
        "The store takes nothing at the moment, it may be full. The photograph is safe; "
        "setting it straight goes on by itself."
    ),
    "died": _(
        "The program that sets photographs straight was stopped. The photograph is safe and shown as it was taken."
    ),
    "too_slow": _("Setting the photograph straight took too long. It is shown as it was taken."),
    "damaged": _("The photograph could not be opened to set it straight. It is kept as it came."),
}  # fmt: skip


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
    if media_type == WORD:
        return check_word(file)
    if media_type not in PICTURES:
        raise BadFile("wrong_type")
    with picture(file) as image:
        image.load()
    return 1


def check_word(file: BinaryIO) -> int:
    """A Word document is shown as its text, on one page. Raises BadFile where it holds none, or is none."""
    if not read_text(file):
        raise BadFile("no_text")
    return 1


def formats_of(file: BinaryIO) -> tuple[str, ...]:
    """What a picture may be opened as, by its first bytes."""
    beginning = file.read(8)
    file.seek(0)
    return (str(heic.FORMAT),) if beginning[4:] == b"ftyp" else ("JPEG", "PNG")


@contextmanager
def picture(file: BinaryIO) -> Iterator[Image.Image]:
    """Open a JPEG, PNG or HEIC whose size is known to be bearable before a pixel is decoded."""
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=formats_of(file))
        if image.width * image.height > MOST_PIXELS:
            raise BadFile("too_many_pixels")
        yield image
    except Image.DecompressionBombError as error:
        raise BadFile("too_many_pixels") from error
    except BROKEN as error:
        raise BadFile("damaged") from error


def preview(file: BinaryIO, size: int, turned: int = 0) -> bytes:
    """A small WebP of a picture, upright, without the place and the phone its metadata tell of.

    `size`: pixels of the longer side, kept between 32 and 2048. `turned`: by so many degrees against the clock, where
    the text on it was found lying on its side. Raises BadFile.
    """
    edge = min(max(size, SMALLEST), LARGEST)
    with picture(file) as image:
        image.draft("RGB", (edge * 2, edge * 2))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((edge, edge), Image.Resampling.LANCZOS)
        return to_webp(upright.rotate(turned, expand=True) if turned else upright)


def preview_pages(file: BinaryIO, size: int, numbers: Sequence[int], turned: int = 0) -> list[bytes]:
    """Pages of a PDF (from 1) as small WebP pictures: no script, no link, no form of the file comes along.

    Raises BadFile.
    """
    edge = min(max(size, SMALLEST), LARGEST)
    return [to_webp(image.rotate(turned, expand=True) if turned else image)
            for image in pages.draw(file, edge, numbers)]  # fmt: skip


def read_text(file: BinaryIO) -> list[Any]:
    """The blocks of a Word document (`word.Block`). Raises BadFile."""
    try:
        return list(word.read_blocks(file))
    except BROKEN as error:
        raise BadFile("damaged") from error


def to_webp(image: Image.Image) -> bytes:
    """As it goes to the browser."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()
