"""What a viewer reads: frames as numbers, key images, copies without identity."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from pydicom import dcmread

from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.tests.builders import make_account
from huizhen.records.imaging import access, actions, anonymous, frames, queries, raw
from huizhen.records.imaging.facts import Window
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy, KeyImage
from huizhen.records.imaging.tests.real import real
from huizhen.records.imaging.tests.test_import import AT, bring, doctor, patient, upload
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff
from huizhen.records.tests.builders import make_consent, make_ct, make_zip
from huizhen.records.tests.cases import bring_for, make_case

__all__ = ["doctor", "patient"]
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning")]


def unpack(data: bytes):
    length = struct.unpack_from("<I", data)[0]
    about = json.loads(data[4 : 4 + length])
    kind = {"int16": "<i2", "uint16": "<u2", "float32": "<f4", "rgb": "u1"}[about["kind"]]
    assert (4 + length) % 8 == 0
    return about, np.frombuffer(data[4 + length :], kind)


@pytest.mark.parametrize(
    ("name", "kind", "samples"),
    [
        ("CT_small.dcm", "int16", 1),
        ("MR_small.dcm", "int16", 1),
        ("examples_ybr_color.dcm", "rgb", 3),
        ("JPEG2000.dcm", "int16", 1),
    ],
)
def test_a_frame_as_numbers_is_what_the_file_holds(name, kind, samples):
    frame = frames.read_frame(io.BytesIO(real(name)), 0)
    about, pixels = unpack(raw.encode(frame))
    assert about["kind"] == kind
    assert pixels.size == about["rows"] * about["columns"] * samples
    if samples == 1:
        assert np.array_equal(pixels, frames.values(frame).ravel())
        assert (pixels.min(), pixels.max()) == (about["low"], about["high"])


def test_numbers_that_are_no_whole_ones_stay_exact():
    assert raw.whole(np.array([0.5, 1e5])).dtype == np.dtype("<f4")
    assert raw.whole(np.array([0, 40000])).dtype == np.dtype("<u2")
    assert raw.whole(np.array([-1024.0, 3071.0])).dtype == np.dtype("<i2")
    assert raw.whole(np.array([-5, 70000])).dtype == np.dtype("<f4")


@pytest.fixture
def study(patient, doctor):
    bring(patient, doctor, upload(doctor, make_zip(make_ct(patient, slices=3))))
    return ImagingStudy.objects.get()


def test_key_images_are_marked_in_a_case_and_taken_back(patient, doctor, study):
    expert = make_account()
    case, other = make_case(patient, expert=expert), make_case(patient, expert=make_account())
    make_consent(patient, case=case)
    bring_for(case, study)
    actor = as_staff(expert)
    first = ImagingInstance.objects.earliest("position")
    instance = access.access_image_to_mark(actor, first.id, case.id)
    lung = Window(-600, 1500)
    actions.mark_image(instance, case.id, index=0, window=lung, note="右上叶结节", actor=actor, at=AT)
    mark = actions.mark_image(instance, case.id, index=0, window=lung, note="再看", actor=actor, at=AT)
    assert [one.note for one in queries.list_key_images(case.id)] == ["再看"]
    assert queries.get_marked_picture(mark).window == lung
    with pytest.raises(Refused):
        actions.mark_image(instance, case.id, index=1, window=None, note="", actor=actor, at=AT)
    for who, where, refusal in ((doctor, case, NotAllowed), (actor, other, NotVisible)):
        with pytest.raises(refusal):
            access.access_image_to_mark(who, first.id, where.id)
    with pytest.raises(NotVisible):
        access.access_marked(as_staff(make_account()), mark.id)
    assert access.access_marked(actor, mark.id) == mark
    actions.unmark_image(access.access_mark(actor, mark.id), actor=actor, at=AT)
    actions.unmark_image(mark, actor=actor, at=AT)
    assert (queries.list_key_images(case.id), KeyImage.objects.count()) == ([], 2)
    assert AuditEntry.objects.filter(action="records.keyimage.removed").count() == 1


def test_a_copy_without_identity_says_nothing_about_the_patient(patient, doctor, study):
    bring(
        patient,
        doctor,
        upload(doctor, make_zip([("ct", real("CT_small.dcm")), ("us", real("examples_ybr_color.dcm"))])),
    )
    access.access_study_copy(doctor, study.id)
    assert AuditEntry.objects.filter(action="records.study.copied").count() == 1
    originals = {str(instance.sop_uid) for instance in ImagingInstance.objects.all()}
    images = left_out = 0
    for one in ImagingStudy.objects.all():
        with zipfile.ZipFile(io.BytesIO(b"".join(anonymous.pack(one.id)))) as archive:
            for name in archive.namelist():
                if name == "left-out.txt":
                    left_out += 1
                    continue
                images += 1
                data = archive.read(name)
                assert patient.name.encode() not in data
                assert not any(uid.encode() in data for uid in originals)
                copied = dcmread(io.BytesIO(data))
                assert (str(copied.PatientName), copied.PatientIdentityRemoved, copied.StudyDate) == ("", "YES", "")
                assert not any(element.tag.is_private for element in copied.iterall())
                assert copied.pixel_array.size
    assert (images, left_out) == (4, 1)
    assert len({anonymous.other_uid("1.2.3"), anonymous.other_uid("1.2.3"), anonymous.other_uid("1.2.4")}) == 2


def test_whoever_may_not_read_gets_no_copy(study):
    with pytest.raises(NotVisible):
        access.access_study_copy(as_staff(make_account()), study.id)
