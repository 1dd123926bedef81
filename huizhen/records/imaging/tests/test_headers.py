"""What is read from DICOM headers, and how each broken file is called."""

import io
import warnings
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.records.imaging.headers import BadImage, read_header
from huizhen.records.imaging.tests.real import real
from huizhen.records.tests.builders import make_ct

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def code_of(data: bytes) -> str:
    """The code a file is refused with, or an empty text."""
    try:
        read_header(io.BytesIO(data))
    except BadImage as error:
        return str(error)
    return ""


def test_a_real_ct():
    header = read_header(io.BytesIO(real("CT_small.dcm")))
    assert (header.modality, header.rows, header.columns, header.frames) == ("CT", 128, 128, 1)
    assert header.study_on == date(2004, 1, 19)
    assert header.patient_name == "CompressedSamples^CT1"
    assert header.sex == "other"
    assert header.position == pytest.approx(-75.7)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CT_small.dcm", ""),
        ("MR_small_bigendian.dcm", ""),
        ("MR_small_implicit.dcm", ""),
        ("MR_small_RLE.dcm", ""),
        ("JPEG2000.dcm", ""),
        ("examples_ybr_color.dcm", ""),
        ("MR_truncated.dcm", "truncated"),
        ("no_meta.dcm", "not_dicom"),
        ("README.txt", "not_dicom"),
        ("zipMR.gz", "not_dicom"),
        ("test-SR.dcm", "no_pixels"),
        ("rtplan.dcm", "no_pixels"),
        ("waveform_ecg.dcm", "no_pixels"),
        ("image_dfl.dcm", "unsupported_syntax"),
        ("meta_missing_tsyntax.dcm", "unsupported_syntax"),
        ("JPGExtended.dcm", "unsupported_syntax"),
        ("UN_sequence.dcm", "missing_uid"),
        ("dicomdirtests/DICOMDIR", "directory"),
    ],
)
def test_every_file_is_called_by_its_fault(name, code):
    assert code_of(real(name)) == code


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "MR_small_jpeg_ls_lossless.dcm"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.97])
def test_a_file_cut_anywhere_is_never_kept(name, part):
    data = real(name)
    assert code_of(data[: int(len(data) * part)]) in {"truncated", "damaged", "no_pixels", "missing_uid"}


def test_pixels_are_not_read():
    data = make_ct(slices=1, size=512)[0][1]

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            found = super().read(size)
            Counting.taken += len(found)
            return found

    read_header(Counting(data))
    assert Counting.taken < 20_000


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_breaks_us(data):
    original = bytearray(make_ct(slices=1, size=8, seed="damage")[0][1])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(132, len(original) - 1))
        original[place] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code_of(bytes(original))


@given(st.binary(max_size=400))
def test_any_bytes_behind_the_mark_get_an_answer(noise):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert code_of(b"\0" * 128 + b"DICM" + noise)


def test_a_promise_of_too_many_pixels_is_refused_before_decoding():
    data = bytearray(make_ct(slices=1, size=8, seed="large")[0][1])
    for tag in (b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00"):
        place = data.index(tag) + len(tag)
        data[place : place + 2] = b"\xff\xff"
    assert code_of(bytes(data)) == "too_large"
