"""A zip that is still on its way: its members by their own headers, and its first images seen before the last byte."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizhen.kernel import files, outbox
from huizhen.kernel.files import actions as uploads
from huizhen.kernel.files import arrived
from huizhen.records.imaging import access, actions
from huizhen.records.imaging.archives import BadArchive
from huizhen.records.imaging.arriving import walk_arrived
from huizhen.records.imaging.models import EarlyLook, ImagingInstance
from huizhen.records.imaging.tests.test_import import AT, doctor, numbers, patient, problems
from huizhen.records.refused import Refused
from huizhen.records.tests.builders import make_ct, make_zip

__all__ = ["doctor", "patient"]
CHUNK = 16 * 1024


class Pipe(io.RawIOBase):
    """What a zip is written into when it cannot go back: sizes then follow the members."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.data += data
        return len(data)


def zipped(members, method=zipfile.ZIP_DEFLATED, *, piped=False) -> bytes:
    target = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return bytes(target.data) if piped else target.getvalue()


def found(data: bytes, arrived_bytes: int) -> tuple[list[tuple[str, bytes]], bool]:
    members, over = [], False
    try:
        for member, _ in walk_arrived(io.BytesIO(data[:arrived_bytes]), 0, arrived_bytes):
            members.append((member.name, member.data))
    except BadArchive:
        over = True
    return members, over


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.text("肺CTabc/", min_size=1, max_size=8), st.binary(max_size=3000)), min_size=1, max_size=6),
    st.booleans(), st.booleans(), st.floats(0, 1),
)  # fmt: skip
def test_every_member_that_is_whole_is_found_and_no_half_one(members, deflated, piped, part):
    members = [(f"{n}{name.rstrip('/') or 'x'}", data) for n, (name, data) in enumerate(members)]
    method = zipfile.ZIP_DEFLATED if deflated or piped else zipfile.ZIP_STORED
    data = zipped(members, method, piped=piped)
    whole, over = found(data, len(data))
    assert (whole, over) == (members, True)
    some, _ = found(data, round(part * len(data)))
    assert some == members[: len(some)]


def test_what_is_odd_ends_the_early_look():
    good = ("a.dcm", b"a" * 900)
    locked = bytearray(zipped([good]))
    locked[6] |= 1
    torn = bytearray(zipped([good], zipfile.ZIP_STORED))
    torn[60] ^= 1
    for data in (
        bytes(locked), bytes(torn), zipped([("../a.dcm", b"x")]), zipped([("bomb", bytes(40 << 20))]),
        zipped([("bomb", bytes(40 << 20))], piped=True), zipped([good], zipfile.ZIP_STORED, piped=True),
        zipped([good], zipfile.ZIP_BZIP2), b"%PDF-1.7" + bytes(99),
    ):  # fmt: skip
        assert found(data, len(data)) == ([], True)


def begin(doctor, data: bytes, monkeypatch):
    monkeypatch.setattr(uploads, "PART", CHUNK)
    monkeypatch.setattr(arrived, "PART", CHUNK)
    return uploads.start_upload(name="ct.zip", size=len(data), actor=doctor, purpose="imaging", at=AT)


def send(file, data: bytes, doctor, upto: int) -> None:
    held = uploads.get_upload(file.id, doctor).offset
    for start in range(held, upto, CHUNK):
        uploads.append(file.id, start, data[start : min(start + CHUNK, upto)], actor=doctor, at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize("piped", [False, True])
def test_images_of_a_zip_are_seen_while_the_rest_arrives(patient, doctor, monkeypatch, piped):
    images = make_ct(patient, slices=9, size=64)
    data = zipped([("CD/", b""), ("note.txt", b"hello"), *images, ("again.dcm", images[0][1])], piped=piped)
    file = begin(doctor, data, monkeypatch)
    send(file, data, doctor, len(data) // 3 // CHUNK * CHUNK)
    run = actions.start_import(patient, [file.id], actor=doctor, at=AT, more=True)
    seen = []
    for part in (0.4, 0.6, 0.8):
        outbox.run_pending(AT)
        seen.append(ImagingInstance.objects.filter(run=run).count())
        send(file, data, doctor, round(part * len(data)))
        actions.add_files(run, [file.id], actor=doctor, at=AT)
    assert seen[0] >= 1
    assert seen == sorted(seen)
    assert access.list_studies(doctor, patient)[0].images == seen[-1] < 9
    with pytest.raises(Refused):
        actions.add_files(run, (), actor=doctor, at=AT, last=True)
    send(file, data, doctor, len(data))
    files.finish(file.id, at=AT)
    actions.add_files(run, [file.id], actor=doctor, at=AT, last=True)
    outbox.run_pending(AT)
    assert numbers(run) == (11, 11, 9, 0)
    assert problems(run) == {"note.txt": "not_dicom", "again.dcm": "duplicate"}
    assert sorted(ImagingInstance.objects.values_list("place", flat=True)) == list(range(1, 10))


@pytest.mark.django_db
def test_an_upload_that_is_given_up_leaves_what_was_seen_and_says_so(patient, doctor, monkeypatch):
    data = make_zip(make_ct(patient, slices=8, size=64))
    file = begin(doctor, data, monkeypatch)
    send(file, data, doctor, len(data) // 2)
    run = actions.start_import(patient, [file.id], actor=doctor, at=AT, more=True)
    outbox.run_pending(AT)
    actions.run_import(run.id, at=AT)  # twice does no harm
    kept = ImagingInstance.objects.count()
    assert 0 < kept < 8
    assert EarlyLook.objects.get(run=run).count == kept
    uploads.refuse(file.id, "ended")
    actions.close_import(run, actor=doctor, at=AT)
    outbox.run_pending(AT)
    run.refresh_from_db()
    assert (run.kept, run.ended_at is None) == (kept, False)
    assert problems(run) == {"ct.zip": "gone"}
    with pytest.raises(Refused):
        actions.start_import(patient, [begin(doctor, data, monkeypatch).id], actor=doctor, at=AT)
