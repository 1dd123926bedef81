"""`python -m huizhen.records.documents.straightening.child`: sets one photographed page straight, then ends.

The picture comes in at standard input. Out goes a line of JSON (`done`, `sure`) and the page as a JPEG behind it; an
empty line where the picture is better left as it was taken. Exit code 3 means that it cannot be opened. It knows no
secrets and no database.
"""

import io
import json
import os
import resource
import sys

import cv2
import numpy as np
import pi_heif
from PIL import Image, ImageOps

from huizhen.records.documents.straightening.setting import Picture, straighten

DAMAGED = 3
MEMORY = 3 * 2**30
MOST_PIXELS = 100_000_000
LARGEST_SIDE = 4000  # pixels: what a phone takes
QUALITY = 88
BROKEN = (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, Image.DecompressionBombError)


def main() -> int:
    """Set straight what comes in."""
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    cv2.setNumThreads(1)
    try:
        picture = open_picture(sys.stdin.buffer.read())
    except BROKEN:
        return DAMAGED
    made = straighten(picture)
    told = {"done": made.done, "sure": round(made.sure, 3)} if made else {}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" if told else b"\n")
    if made:
        kept, data = cv2.imencode(".jpg", made.picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        sys.stdout.buffer.write(data.tobytes())
        return 0 if kept else DAMAGED
    return 0


def open_picture(data: bytes) -> Picture:
    """The picture upright by its metadata, of a bearable size, blue first as OpenCV wants it."""
    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "HEIF")) as image:
        image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])


if __name__ == "__main__":
    sys.exit(main())
