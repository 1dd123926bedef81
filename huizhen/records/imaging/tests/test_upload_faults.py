"""A study on a bad line to a full disk: cut within every chunk, refused at every chunk, and whole at the end."""

import io
from itertools import cycle

import pytest
from pydicom import dcmread

from huizhen.kernel.files import actions as uploads
from huizhen.kernel.files import tus
from huizhen.kernel.files.models import File
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.records.imaging.actions import run_import, start_import
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.imaging.rules import WARNINGS
from huizhen.records.imaging.tests.test_import import AT, bring, doctor, patient, upload
from huizhen.records.tests.builders import make_ct, make_zip

__all__ = ["doctor", "patient"]
pytestmark = pytest.mark.django_db
CHUNK = 4096


class Line:
    """A line that gives way after so many bytes."""

    def __init__(self, data: bytes, holds: int) -> None:
        self.source, self.left = io.BytesIO(data), holds

    def read(self, size: int = -1) -> bytes:
        if self.left <= 0:
            raise ConnectionResetError
        data = self.source.read(min(size if size >= 0 else self.left, self.left))
        self.left -= len(data)
        return data


def ask(method: str, actor, file: File, body=None, offset: int | None = None) -> tus.Answer:
    headers = {"tus-resumable": tus.VERSION, "content-type": tus.CONTENT_TYPE}
    if offset is not None:
        headers["upload-offset"] = str(offset)
    return tus.handle(tus.Request(method, headers, body or io.BytesIO(), file.id), actor=actor, at=AT)


def test_cut_within_every_chunk_and_no_room_at_every_chunk(patient, doctor, monkeypatch):
    monkeypatch.setattr(uploads, "PART", CHUNK)
    put, full, said = Folder.put, cycle([False, True]), set()

    def often_full(self, name, chunks):
        if next(full):
            raise StorageTrouble("No space left on device")
        put(self, name, chunks)

    data = make_zip(make_ct(patient, slices=6))
    file = uploads.start_upload(name="ct.zip", size=len(data), actor=doctor, purpose="imaging", at=AT)
    monkeypatch.setattr(Folder, "put", often_full)
    while (held := uploads.get_upload(file.id, doctor).offset) + CHUNK < len(data):
        try:
            answer = ask("PATCH", doctor, file, Line(data[held:], CHUNK - 7), held)
            said.add((answer.status, answer.code))
        except ConnectionResetError:
            said.add((0, "cut"))
        assert uploads.get_upload(file.id, doctor).offset >= held
    assert said == {(0, "cut"), (503, "storage_trouble")}
    monkeypatch.setattr(Folder, "put", put)
    assert ask("PATCH", doctor, file, io.BytesIO(data[held:]), held).status == 204
    run = run_import(start_import(patient, [file.id], actor=doctor, at=AT).id, at=AT)
    assert (run.kept, run.done, ImagingInstance.objects.count()) == (6, 6, 6)


def test_names_in_the_picture_are_warned_of(patient, doctor):
    for number, (said, modality, code) in enumerate(
        [("YES", "CT", "burned_in"), ("", "US", "maybe_burned_in"), ("NO", "US", None)]
    ):
        image = dcmread(io.BytesIO(make_ct(patient, slices=1, seed=f"burnt {number}")[0][1]))
        image.BurnedInAnnotation, image.Modality = said, modality
        buffer = io.BytesIO()
        image.save_as(buffer, enforce_file_format=True)
        bring(patient, doctor, upload(doctor, buffer.getvalue(), "one.dcm"))
        study = ImagingStudy.objects.get(study_uid=image.StudyInstanceUID)
        assert study.warnings == ([code] if code else [])
    assert {"burned_in", "maybe_burned_in"} <= WARNINGS.keys()
