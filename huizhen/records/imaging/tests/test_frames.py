"""Frames as pictures: windows, inversion, colour, sizes, and the files of many machines."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from huizhen.records.imaging import frames
from huizhen.records.imaging.facts import PRESETS, Window
from huizhen.records.imaging.frames import preset, read_frame, render
from huizhen.records.imaging.headers import BadImage
from huizhen.records.imaging.tests.real import real
from huizhen.records.imaging.windows import apply_window, full_range, invert, to_eight_bits
from huizhen.records.tests.builders import make_ct

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

windows = st.builds(Window, st.floats(-2000, 3000), st.floats(0, 5000))
houndsfield = arrays.arrays(np.int16, (4, 5), elements=st.integers(-2048, 3071))


@given(houndsfield, windows)
def test_brighter_never_gets_darker(values, window):
    shown = apply_window(values, window)
    order = np.argsort(values, axis=None)
    assert (np.diff(shown.ravel()[order].astype(int)) >= 0).all()


@given(windows)
def test_the_ends_of_a_window_are_black_and_white(window):
    low, high = window.center - window.width / 2 - 1, window.center + window.width / 2 + 1
    assert apply_window(np.array([low, high]), window).tolist() == [0, 255]


@given(st.sampled_from(sorted(PRESETS)))
def test_the_middle_of_a_preset_is_middle_grey(name):
    window = PRESETS[name]
    assert abs(int(apply_window(np.array([window.center - 0.5]), window)[0]) - 128) <= 1


@given(arrays.arrays(np.uint8, (3, 3)))
def test_inverting_twice_changes_nothing(grey):
    assert (invert(invert(grey)) == grey).all()


@given(houndsfield)
def test_the_full_range_shows_the_extremes(values):
    shown = apply_window(values, full_range(values))
    assert values.min() == values.max() or (shown.min(), shown.max()) == (0, 255)


def test_padding_does_not_count():
    values = np.array([[-2000, 0], [50, 100]])
    assert full_range(values, padding=-2000) == Window(50.5, 101)


@given(arrays.arrays(np.uint16, (2, 2, 3)))
def test_sixteen_bit_colour_keeps_its_order(colour):
    assert (to_eight_bits(colour, 16) == colour // 256).all()


def picture(name: str, index: int = 0, **options) -> Image.Image:
    made = render(read_frame(io.BytesIO(real(name)), index), **options)
    image = Image.open(io.BytesIO(made.data))
    assert (image.width, image.height) == (made.width, made.height)
    return image


SAME = np.asarray(picture("MR_small.dcm"))


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_expb.dcm",
        "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_one_image_in_eight_codings_is_one_picture(name):
    assert (np.asarray(picture(name)) == SAME).all()


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("CT_small.dcm", "L", (128, 128)),
        ("JPEG2000.dcm", "L", (256, 1024)),
        ("examples_palette.dcm", "RGB", (800, 350)),
        ("examples_rgb_color.dcm", "RGB", (320, 240)),
        ("examples_ybr_color.dcm", "RGB", (320, 240)),
        ("examples_jpeg2k.dcm", "RGB", (640, 480)),
        ("SC_rgb_jpeg_dcmtk.dcm", "RGB", (100, 100)),
        ("SC_rgb_rle_16bit_2frame.dcm", "RGB", (100, 100)),
        ("SC_rgb_rle_32bit.dcm", "RGB", (100, 100)),
        ("liver_1frame.dcm", "L", (512, 512)),
        ("rtdose.dcm", "L", (10, 10)),
    ],
)
def test_grey_colour_palette_and_one_bit(name, mode, size):
    image = picture(name)
    assert (image.mode, image.size) == (mode, size)
    assert np.ptp(np.asarray(image)) > 0


def test_the_last_frame_of_many_and_the_one_after():
    assert picture("examples_ybr_color.dcm", 29).size == (320, 240)
    with pytest.raises(BadImage, match="no_frame"):
        picture("examples_ybr_color.dcm", 30)


def test_pixels_that_cannot_be_decoded_are_called_damaged():
    with pytest.raises(BadImage, match="damaged"):
        picture("JPEG2000-embedded-sequence-delimiter.dcm")


def test_presets_differ_and_auto_is_the_files_own():
    frame = read_frame(io.BytesIO(make_ct(slices=1, size=64, seed="presets")[0][1]), 0)
    shown = {name: render(frame, window=preset(name)) for name in PRESETS}
    assert len({made.data for made in shown.values()}) == 4
    assert render(frame, window=preset("auto")).window == Window(-600, 1500)
    with pytest.raises(KeyError):
        preset("kidney")


def test_hounsfield_values_are_rescaled():
    frame = read_frame(io.BytesIO(make_ct(slices=1, size=64, seed="units")[0][1]), 0)
    values = frames.values(frame)
    assert -1100 < float(values[0, 0]) < -900


def test_monochrome_one_is_the_negative():
    dataset = dcmread(io.BytesIO(make_ct(slices=1, size=16, seed="negative")[0][1]))
    dataset.PhotometricInterpretation = "MONOCHROME1"
    negative, positive = io.BytesIO(), io.BytesIO()
    dataset.save_as(negative)
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.save_as(positive)
    shown = [np.asarray(Image.open(io.BytesIO(render(read_frame(f, 0)).data))) for f in (negative, positive)]
    assert (shown[0] == 255 - shown[1]).all()


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_without_loss_is_the_same_picture(syntax):
    data = make_ct(slices=1, size=64, seed="coded")[0][1]
    dataset, coded = dcmread(io.BytesIO(data)), io.BytesIO()
    dataset.compress(syntax, generate_instance_uid=False)
    dataset.save_as(coded)
    assert render(read_frame(coded, 0)).data == render(read_frame(io.BytesIO(data), 0)).data


@pytest.mark.parametrize(("form", "kind"), [("png", "PNG"), ("webp", "WEBP")])
def test_forms_and_sizes(form, kind):
    small = picture("CT_small.dcm", size=64, form=form)
    assert (small.format, small.size) == (kind, (64, 64))
    assert picture("CT_small.dcm", size=100_000).size == (128, 128)
    assert picture("CT_small.dcm", size=1).size == (16, 16)


def test_full_size_webp_loses_nothing():
    assert (np.asarray(picture("CT_small.dcm", form="webp").convert("L")) == np.asarray(picture("CT_small.dcm"))).all()
