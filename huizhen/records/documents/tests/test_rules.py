"""Files offered as documents: pages, passwords, bombs, pictures that lie."""

import io
import zlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter

from huizhen.records.documents import rules
from huizhen.records.documents.rules import PDF, BadFile, count_pages, preview


def make_pdf(pages: int = 1, password: str = "") -> bytes:
    writer, buffer = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    writer.write(buffer)
    return buffer.getvalue()


def make_picture(size: tuple[int, int] = (60, 40), form: str = "JPEG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, form, **options)
    return buffer.getvalue()


def code_of(data: bytes, media_type: str) -> str:
    with pytest.raises(BadFile) as refused:
        count_pages(io.BytesIO(data), media_type)
    return str(refused.value)


def test_pages_are_counted():
    assert count_pages(io.BytesIO(make_pdf(3)), PDF) == 3
    assert count_pages(io.BytesIO(make_picture()), "image/jpeg") == 1


@pytest.mark.parametrize(
    ("data", "media_type", "code"),
    [
        (make_pdf(1, "secret"), PDF, "locked"),
        (make_pdf(1)[:100], PDF, "damaged"),
        (b"%PDF-1.7 nothing", PDF, "damaged"),
        (make_picture(), PDF, "damaged"),
        (make_pdf(), "image/png", "damaged"),
        (make_picture()[:150], "image/jpeg", "damaged"),
        (make_pdf(), "application/zip", "wrong_type"),
    ],
)
def test_what_cannot_be_kept(data, media_type, code):
    assert code_of(data, media_type) == code


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    data = bytearray(make_picture((10, 10), "PNG"))
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    assert code_of(bytes(data), "image/png") == "too_many_pixels"


def test_previews_are_small_upright_and_say_nothing_of_the_camera():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone"
    made = Image.open(io.BytesIO(preview(io.BytesIO(make_picture((600, 400), exif=exif)), 120)))
    assert (made.format, made.size) == ("WEBP", (80, 120))
    assert not made.getexif()


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(noise):
    for media_type, start in (
        (PDF, b"%PDF-1.4\n"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/jpeg", b"\xff\xd8\xff"),
    ):
        try:
            count_pages(io.BytesIO(start + noise), media_type)
        except BadFile:
            continue


def test_titles_and_dates():
    today = date(2026, 3, 1)
    assert rules.check_title("  ") == "missing"
    assert rules.check_title("x" * 201) == "too_long"
    assert rules.check_taken(date(2026, 3, 2), today) == "taken_future"
    assert rules.check_taken(today, today) is rules.check_taken(None, today) is None
