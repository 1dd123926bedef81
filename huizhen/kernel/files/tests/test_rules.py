"""What a file is, what it is called, and what an archive may hold."""

import contextlib
import io
import stat
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel.files.archives import Limits, check_zip
from huizhen.kernel.files.rules import PURPOSES, Refused, check_size, check_type, clean_name, sniff

PDF, PNG, JPEG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"
DICOM = b"\0" * 128 + b"DICM"


def refusal(call, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


def a_zip(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out


class TestType:
    @pytest.mark.parametrize(
        ("purpose", "name", "start", "found"),
        [
            ("document", "a.pdf", PDF, "application/pdf"),
            ("document", "报告.JPG", JPEG, "image/jpeg"),
            ("document", "a.jpeg", JPEG, "image/jpeg"),
            ("document", "scan", PNG, "image/png"),
            ("imaging", "IM0001", DICOM, "application/dicom"),
            ("imaging", "1.2.840.10008.5", DICOM, "application/dicom"),
            ("imaging", "study.zip", b"PK\x03\x04", "application/zip"),
            ("attachment", "voice.m4a", b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        ],
    )
    def test_taken(self, purpose, name, start, found):
        assert check_type(purpose, name, start) == found

    @pytest.mark.parametrize(
        ("purpose", "name", "start"),
        [
            ("document", "a.pdf", JPEG),
            ("document", "a.jpg", PDF),
            ("document", "a.exe", PDF),
            ("document", "a.pdf", b"MZ\x90"),
            ("document", "a", b"<html>"),
            ("document", "a", b""),
            ("document", "a.dcm", DICOM),
            ("imaging", "a.dcm", b"MZ" + DICOM[2:]),
            ("imaging", "a.zip", DICOM),
            ("report", "a.png", PNG),
        ],
    )
    def test_refused(self, purpose, name, start):
        assert refusal(check_type, purpose, name, start) == "wrong_type"

    @given(st.binary(max_size=200))
    def test_any_bytes_have_an_answer(self, start):
        assert isinstance(sniff(start), str)


class TestSize:
    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_limits(self, purpose):
        limit = PURPOSES[purpose].limit
        check_size(purpose, limit)
        assert refusal(check_size, purpose, limit + 1) == "too_large"
        assert refusal(check_size, purpose, 2 * 10**9) == "too_large"
        assert refusal(check_size, purpose, 0) == "empty"


class TestName:
    @pytest.mark.parametrize(
        ("given_name", "kept"),
        [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\a\\报告.pdf", "报告.pdf"),
            ("a\u202efdp.exe", "afdp.exe"),
            ("a\r\nb.pdf", "ab.pdf"),
            (".htaccess", "htaccess"),
            ("", "file"),
        ],
    )
    def test_made_safe(self, given_name, kept):
        assert clean_name(given_name) == kept

    @given(st.text())
    def test_never_empty_and_never_long(self, name):
        assert 0 < len(clean_name(name)) <= 200
        assert "/" not in clean_name(name)


class TestZip:
    def test_an_honest_archive(self):
        assert check_zip(a_zip({"1/IM1": DICOM, "1/IM2": DICOM, "DICOMDIR": b"x"})) == 3

    def test_nothing_in_it(self):
        assert refusal(check_zip, a_zip({})) == "empty"

    def test_a_bomb_by_ratio(self):
        assert refusal(check_zip, a_zip({"a": b"\0" * (3 * 2**20)})) == "bomb"

    def test_a_bomb_by_total(self):
        many = a_zip({str(n): b"x" * 1000 for n in range(20)}, zipfile.ZIP_STORED)
        assert refusal(check_zip, many, Limits(total=19_999)) == "bomb"

    def test_a_bomb_by_count(self):
        assert refusal(check_zip, a_zip({str(n): b"x" for n in range(20)}), Limits(entries=19)) == "bomb"

    def test_a_bomb_by_one_entry(self):
        assert refusal(check_zip, a_zip({"a": b"x" * 100}), Limits(entry=99)) == "bomb"

    def test_a_directory_too_large_for_memory(self):
        assert refusal(check_zip, a_zip({"n" * 200: b"x"}), Limits(directory=100)) == "bomb"

    def test_an_archive_in_the_archive(self):
        inner = a_zip({"a": b"x"}).getvalue()
        assert refusal(check_zip, a_zip({"inner.zip": inner})) == "bomb"
        assert refusal(check_zip, a_zip({"IM0001": inner})) == "bomb"
        assert refusal(check_zip, a_zip({"IM0001": b"\x1f\x8b\x08abc"})) == "bomb"

    def test_entries_over_each_other(self):
        raw = bytearray(a_zip({"a": b"x" * 50, "b": b"x" * 50}, zipfile.ZIP_STORED).getvalue())
        second = raw.rfind(b"PK\x01\x02")
        struct.pack_into("<L", raw, second + 42, 0)
        assert refusal(check_zip, io.BytesIO(bytes(raw))) == "bomb"

    @pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "..\\a", "C:\\a", "a/..", "\\a"])
    def test_paths_that_lead_out(self, name):
        assert refusal(check_zip, a_zip({name: b"x"})) == "unsafe"

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
    def test_links_and_devices(self, kind):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            entry = zipfile.ZipInfo("link")
            entry.external_attr = (kind | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        assert refusal(check_zip, out) == "unsafe"

    def test_encrypted(self):
        raw = bytearray(a_zip({"a": b"x"}).getvalue())
        raw[raw.rfind(b"PK\x01\x02") + 8] |= 1
        assert refusal(check_zip, io.BytesIO(bytes(raw))) == "encrypted"

    def test_cut_off(self):
        whole = a_zip({"a": DICOM, "b": DICOM}).getvalue()
        assert {refusal(check_zip, io.BytesIO(whole[:n])) for n in range(4, len(whole) - 1, 7)} == {"damaged"}

    @given(st.binary(max_size=300))
    def test_garbage_is_refused_never_an_error(self, data):
        with pytest.raises(Refused):
            check_zip(io.BytesIO(b"PK\x03\x04" + data))

    @given(place=st.integers(0, 300), byte=st.integers(0, 255))
    def test_any_changed_byte_is_an_answer_never_an_error(self, place, byte):
        raw = bytearray(a_zip({"a": DICOM, "b": b"y" * 40}).getvalue())
        raw[place % len(raw)] = byte
        with contextlib.suppress(Refused):
            check_zip(io.BytesIO(bytes(raw)))
