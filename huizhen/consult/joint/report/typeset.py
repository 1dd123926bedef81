"""Set a report in type: content in, PDF/A-3 bytes out. What people wrote travels as data and is never template text."""

import base64
import io
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from PIL import Image

from huizhen.consult.joint.report import wording
from huizhen.consult.joint.report.content import ReportContent
from huizhen.consult.joint.report.sheet import format_time, lay_out
from huizhen.kernel.paper import typeset as paper
from huizhen.kernel.paper.typeset import Sources

TEMPLATES = files("huizhen.consult.joint.report") / "templates"
STANDARD = "a-3u"
WIDEST_PICTURE = 1400
PICTURE_TYPES = ("PNG", "JPEG")


@dataclass(frozen=True)
class Place:
    """Where a signature is shown: page from 1, corners in PDF points from the lower left of the page."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True)
class Typeset:
    """An unsigned report and the place kept free for the chair's signature."""

    pdf: bytes
    pages: int
    place: Place


class BadPicture(ValueError):
    """A key image is not a readable PNG or JPEG; the message names its place in the list, from 1."""


def typeset(content: ReportContent, *, language: str, at: datetime, preview: bool = False) -> Typeset:
    """Typeset a report in `language` (`zh-hans` or `en`). The same content and `at` give the same bytes. Only a
    `preview` says that it is not signed yet.

    Raises:
        BadPicture: a key image cannot be read.
    """
    template = (TEMPLATES / "report.typ").read_bytes()
    wrapped = [wrap_picture(picture.data, number) for number, picture in enumerate(content.pictures, 1)]
    pictures = {f"picture-{number}.svg": picture for number, picture in enumerate(wrapped, 1)}
    sources = Sources(
        template,
        lay_out(content, language=language, at=at) | {"pictures": list(pictures), "preview": preview},
        {"qr.svg": paper.draw_qr(content.verify_url), **pictures},
        exact={"attachments": _attach(content)},
    )
    found = paper.find(sources, "<signature-place>")
    return Typeset(paper.typeset(sources, at=at, standard=STANDARD), found["pages"], to_place(found))


def typeset_face(*, name: str, about: str, at: datetime, serial: str, demonstration: bool, language: str) -> bytes:
    """Typeset what the chair's signature shows on the paper, as a one-page PDF of its size."""
    labels = wording.get_labels(language, wording.SIGNATURE_LABELS)
    data = {
        "language": "zh" if language.startswith("zh") else "en",
        "labels": labels,
        "name": name,
        "about": about,
        "at": format_time(at),
        "serial": serial,
        "demonstration": demonstration,
    }
    return paper.typeset(Sources((TEMPLATES / "face.typ").read_bytes(), data), at=at, standard=STANDARD)


def wrap_picture(data: bytes, number: int) -> bytes:
    """Return a picture without its metadata and no larger than print needs, wrapped in SVG: typst takes files from
    memory only as UTF-8, and a patient's pictures are not laid down on a disk on their way to paper.

    Raises:
        BadPicture: not a PNG or JPEG, or damaged.
    """
    try:
        with Image.open(io.BytesIO(data), formats=PICTURE_TYPES) as image:
            kind = image.format
            shown = image.copy() if image.mode in ("L", "RGB") else image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadPicture(str(number)) from error
    shown.thumbnail((WIDEST_PICTURE, WIDEST_PICTURE))
    out = io.BytesIO()
    Image.frombytes(shown.mode, shown.size, shown.tobytes()).save(out, format=kind, quality=90)
    width, height = shown.size
    encoded = base64.b64encode(out.getvalue()).decode()
    source = f"data:image/{str(kind).lower()};base64,{encoded}"
    size = f'width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{source}"/></svg>'.encode()


def _attach(content: ReportContent) -> list[dict]:
    """The experts' signed statements travel inside the file: whoever has the paper can check each of them."""
    attachments = []
    for number, opinion in enumerate(content.opinions, 1):
        if not (opinion.statement and opinion.signature):
            continue
        for suffix, data, media_type in (
            ("json", opinion.statement, "application/json"),
            ("p7s", opinion.signature, "application/pkcs7-signature"),
        ):
            attachments.append({"name": f"opinion-{number}.{suffix}", "type": media_type, "bytes": list(data)})
    return attachments


def to_place(found: dict) -> Place:
    """Where the template left room for a signature (its `<signature-place>`)."""
    bottom = found["page_height"] - found["y"] - found["height"]
    return Place(
        page=found["page"],
        left=found["x"],
        bottom=bottom,
        right=found["x"] + found["width"],
        top=bottom + found["height"],
    )
