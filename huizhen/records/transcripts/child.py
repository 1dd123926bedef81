"""`python -m huizhen.records.transcripts.child MEDIA_TYPE PAGES`: reads the text of one document, then ends.

The document comes in at standard input, JSON goes out; exit code 3 means that the file cannot be opened. It knows no
secrets and no database, holds the models (about 500 MB of memory while it works) and gives them back by ending.
"""

import io
import json
import os
import resource
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pi_heif
import pypdfium2
from PIL import Image, ImageOps
from rapidocr import RapidOCR

PDF = "application/pdf"
NARROWEST = 96  # pixels a line is filled up to before it is read; the library's 320 is three times the usual cell
LONGEST_SIDE = 1800  # pixels: a page of A4 at about 150 dpi, small print included
SEARCHED_SIDE = 1024  # of the picture in which lines are looked for; they are read from the large one
MEMORY = 4 * 2**30
MOST_PIXELS = 100_000_000
DAMAGED = 3
BROKEN = (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, Image.DecompressionBombError,
          pypdfium2.PdfiumError)  # fmt: skip
OPTIONS = {
    "Global.use_cls": False,
    "Global.log_level": "error",
    "Global.max_side_len": LONGEST_SIDE,
    "Det.limit_type": "max",
    "Det.limit_side_len": SEARCHED_SIDE,
    "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
    "Rec.rec_batch_num": 1,  # lines of unlike lengths in one batch are filled up to the longest, which costs more
    "Rec.rec_img_shape": [3, 48, NARROWEST],
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def main(media_type: str, most_pages: int) -> int:
    """Read what comes in, tell what was found."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    data = sys.stdin.buffer.read()
    try:
        pages = list(open_pages(data, media_type, most_pages))
    except BROKEN:
        return DAMAGED
    engine = RapidOCR(params=OPTIONS)
    json.dump([read_upright(engine, page) for page in pages], sys.stdout)
    return 0


def open_pages(data: bytes, media_type: str, most: int) -> Iterator[Image.Image]:
    """The pages as upright pictures of a bearable size."""
    if media_type == PDF:
        with pypdfium2.PdfDocument(data) as document:
            for number in range(min(len(document), most)):
                page = document[number]
                scale = min(LONGEST_SIDE / max(*page.get_size(), 1), 6)
                yield page.render(scale=scale).to_pil().convert("RGB")
        return
    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "HEIF")) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        yield upright


def read_upright(engine: RapidOCR, image: Image.Image) -> dict[str, Any]:
    """Read a page; where its text stands on end or on its head, turn it and read again."""
    first = read(engine, image, 0)
    if not is_doubtful(first):
        return first
    others = [read(engine, image, turned) for turned in ((90, 270) if stands_on_end(first) else (180,))]
    return max([first, *others], key=weight)


def read(engine: RapidOCR, image: Image.Image, turned: int) -> dict[str, Any]:
    """Read a page turned against the clock by so many degrees."""
    shown = image.rotate(turned, expand=True) if turned else image
    # In one piece: of a mere view each cut of a line would copy the whole page again, a third of the time.
    found: Any = engine(np.ascontiguousarray(np.asarray(shown)[:, :, ::-1]))
    lines = []
    if found.boxes is not None:
        for corners, text, sure in zip(found.boxes.tolist(), found.txts, found.scores, strict=True):
            level = [[round(x, 1), round(y, 1)] for x, y in corners]
            lines.append({"text": text, "sure": round(float(sure), 3), "corners": level})
    return {"width": shown.width, "height": shown.height, "turned": turned, "lines": lines}


def is_doubtful(page: dict[str, Any]) -> bool:
    """Whether a page may lie on its side or on its head."""
    sure = [line["sure"] for line in page["lines"]]
    return bool(sure) and (stands_on_end(page) or statistics.median(sure) < 0.75)


def stands_on_end(page: dict[str, Any]) -> bool:
    """Whether most pieces of text are higher than wide."""
    corners = [line["corners"] for line in page["lines"]]
    tall = [abs(c[3][1] - c[0][1]) > 1.3 * abs(c[1][0] - c[0][0]) for c in corners]
    return sum(tall) > 0.6 * len(tall)


def weight(page: dict[str, Any]) -> float:
    """How much was read, and how surely."""
    return sum(len(line["text"]) * line["sure"] ** 2 for line in page["lines"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
