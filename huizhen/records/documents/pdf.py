"""What a PDF says of itself. Loaded when the first one is looked at: its reader takes a third of a second to import."""

from typing import BinaryIO

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from huizhen.records.documents.faults import BROKEN, BadFile

MOST_PAGES = 2_000


def count_pages(file: BinaryIO) -> int:
    """The page count a PDF states; it must not ask for a password."""
    try:
        reader = PdfFileReader(file, strict=False)
        if reader.encrypted:
            raise BadFile("locked")
        pages = int(reader.root["/Pages"]["/Count"])
    except (PdfError, *BROKEN) as error:
        raise BadFile("damaged") from error
    if pages < 1:
        raise BadFile("damaged")
    if pages > MOST_PAGES:
        raise BadFile("too_many_pages")
    return pages
