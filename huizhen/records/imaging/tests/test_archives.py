"""Zips as they come: bombs, names that point outside, passwords, Chinese names from Windows."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.records.imaging import archives
from huizhen.records.imaging.archives import BadArchive, Member, walk
from huizhen.records.tests.builders import make_zip


def found(data: bytes) -> list[Member]:
    return list(walk(io.BytesIO(data)))


def test_members_come_in_order_without_litter():
    data = make_zip([("b/2.dcm", b"2"), ("__MACOSX/b/._2.dcm", b"x"), ("a/1.dcm", b"1"), (".DS_Store", b"x")])
    assert found(data) == [Member("b/2.dcm", b"2"), Member("a/1.dcm", b"1", place=1)]
    assert archives.count_members(io.BytesIO(data)) == 2


@pytest.mark.parametrize("name", ["../1.dcm", "a/../../1.dcm", "/etc/1.dcm", "C:/1.dcm", "..\\1.dcm"])
def test_names_that_point_outside_are_named(name):
    assert found(make_zip([(name, b"1"), ("2.dcm", b"2")]))[0].problem == "unsafe_name"
    assert found(make_zip([(name, b"1"), ("2.dcm", b"2")]))[1].data == b"2"


def test_a_member_that_unpacks_a_thousandfold_is_not_opened():
    bomb = make_zip([("1.dcm", b"\0" * (archives.RATIO_COUNTS_FROM + 1))])
    assert found(bomb) == [Member("1.dcm", problem="bomb")]


def test_a_zip_that_claims_too_much_is_not_opened():
    info = zipfile.ZipInfo("1.dcm")
    data = bytearray(make_zip([(f"{number}.dcm", b"1") for number in range(2)]))
    for mark in (b"PK\x01\x02",):
        place = data.index(mark)
        data[place + 24 : place + 28] = b"\xfe\xff\xff\xff"
        place = data.index(mark, place + 4)
        data[place + 24 : place + 28] = b"\xfe\xff\xff\xff"
    with pytest.raises(BadArchive, match="bomb"):
        found(bytes(data))
    assert info.filename == "1.dcm"


def test_a_member_that_lies_about_its_size_is_damaged():
    data = bytearray(make_zip([("1.dcm", b"1" * 5000)]))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert found(bytes(data))[0].problem == "damaged"


def test_too_many_members(monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    with pytest.raises(BadArchive, match="bomb"):
        found(make_zip([(f"{number}.dcm", b"") for number in range(4)]))


def test_a_password_is_named():
    data = bytearray(make_zip([("1.dcm", b"1")]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert found(bytes(data))[0].problem == "locked"


def test_names_from_chinese_windows_are_readable():
    info = zipfile.ZipInfo("0123")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"1")
    data = buffer.getvalue().replace(b"0123", "胸部".encode("gb18030"))
    assert found(data)[0].name == "胸部"


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"no zip at all", make_zip([("1", b"1")])[:-10]],
    ids=["empty", "two letters", "text", "cut off"],
)
def test_what_is_no_zip(data):
    with pytest.raises(BadArchive, match="damaged"):
        found(data)


@given(st.data())
def test_a_damaged_zip_never_breaks_us(data):
    original = bytearray(make_zip([("1.dcm", b"12345" * 20), ("2.dcm", b"2")]))
    for _ in range(data.draw(st.integers(1, 4))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    try:
        found(bytes(original))
    except BadArchive:
        return
