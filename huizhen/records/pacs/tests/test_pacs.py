"""Studies go to a real Orthanc and come back; an archive that is away loses nothing."""

from datetime import UTC, datetime

import pytest

from huizhen.kernel import outbox
from huizhen.kernel.fakes.ports import free_port
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.imaging.tests.test_import import bring, doctor, patient, upload
from huizhen.records.pacs import actions, queries
from huizhen.records.pacs.models import Pacs, Transfer
from huizhen.records.pacs.ports import DicomWeb, Trouble, read_parts, write_parts
from huizhen.records.pacs.rules import FINAL, TROUBLES
from huizhen.records.pacs.tests import orthanc
from huizhen.records.tests.builders import make_ct, make_patient, make_zip

__all__ = ["doctor", "patient"]
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with orthanc.running(tmp_path_factory.mktemp("orthanc")) as address:
        yield address


def pacs_of(organisation, address: str, password: str = orthanc.PASSWORD) -> Pacs:
    return Pacs.objects.create(
        organisation=organisation, name="本院 PACS", address=address, username=orthanc.USER, password=password
    )


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore::UserWarning")
class TestOrthanc:
    def test_a_study_is_sent_found_and_fetched(self, archive, patient, doctor):
        pacs = pacs_of(patient.organisation, archive)
        bring(patient, doctor, upload(doctor, make_zip(make_ct(patient, slices=20, seed="to-orthanc"))))
        study = ImagingStudy.objects.get()
        sent = actions.send_study(pacs, study, actor=doctor, at=AT)
        assert actions.send_study(pacs, study, actor=doctor, at=AT) == sent
        outbox.run_pending(AT)
        sent.refresh_from_db()
        assert (sent.done, sent.total, sent.failed, sent.trouble) == (20, 20, False, "")
        found = queries.search(pacs, "T-1")[0]
        assert (found.study_uid, found.images, found.modalities) == (study.study_uid, 20, "CT")
        assert queries.search(pacs, "nobody") == []

    def test_a_fetched_study_is_whole_and_said_to_be(self, archive, patient, doctor):
        files = make_ct(patient, slices=20, seed="from-orthanc")
        web = DicomWeb(archive, orthanc.USER, orthanc.PASSWORD)
        web.store([data for _name, data in files])
        study_uid = web.search(patient_number="T-1")[0].study_uid
        pacs = pacs_of(patient.organisation, archive)
        wanted = actions.want_study(pacs, patient, study_uid, actor=doctor, at=AT)
        outbox.run_pending(AT)
        wanted.refresh_from_db()
        assert (wanted.done, wanted.total, wanted.failed) == (20, 20, False)
        study = ImagingStudy.objects.get(study_uid=study_uid)
        assert (study.patient_id, study.announced, study.warnings) == (patient.id, 20, [])
        assert ImagingInstance.objects.filter(series__study=study).count() == 20
        assert wanted.run.ended_at is not None
        other = actions.want_study(pacs, make_patient(), study_uid, actor=doctor, at=AT)
        actions.run_transfer(other.id, at=AT)
        assert ImagingStudy.objects.get(study_uid=study_uid).patient_id == patient.id

    def test_an_archive_that_goes_away_half_way_loses_nothing(self, archive, patient, doctor, monkeypatch):
        web = DicomWeb(archive, orthanc.USER, orthanc.PASSWORD)
        web.store([data for _name, data in make_ct(patient, slices=40, seed="half-way")])
        study_uid = next(one.study_uid for one in web.search(patient_number="T-1") if one.images == 40)
        wanted = actions.want_study(pacs_of(patient.organisation, archive), patient, study_uid, actor=doctor, at=AT)
        fetch, came = DicomWeb.fetch, []

        def gone_after_twenty(self, uid, place):
            came.append(place.sop_uid)
            if len(came) == 20:
                raise Trouble("away")
            return fetch(self, uid, place)

        monkeypatch.setattr(DicomWeb, "fetch", gone_after_twenty)
        with pytest.raises(Trouble):
            actions.run_transfer(wanted.id, at=AT)
        wanted.refresh_from_db()
        assert (wanted.trouble, wanted.done, ImagingInstance.objects.count()) == ("away", 16, 16)
        actions.run_transfer(wanted.id, at=AT)
        wanted.refresh_from_db()
        assert (wanted.trouble, wanted.done, ImagingInstance.objects.count()) == ("", 40, 40)
        assert len(came) == 20 + 24

    def test_an_archive_that_goes_away_while_it_is_given_images_gets_each_once(
        self, archive, patient, doctor, monkeypatch
    ):
        bring(patient, doctor, upload(doctor, make_zip(make_ct(patient, slices=40, seed="away-while-sent"))))
        sent = actions.send_study(
            pacs_of(patient.organisation, archive), ImagingStudy.objects.get(), actor=doctor, at=AT
        )
        store, given = DicomWeb.store, []

        def gone_in_the_second_lot(self, images):
            given.append(len(images))
            if len(given) == 2:
                raise Trouble("away")
            store(self, images)

        monkeypatch.setattr(DicomWeb, "store", gone_in_the_second_lot)
        with pytest.raises(Trouble):
            actions.run_transfer(sent.id, at=AT)
        sent.refresh_from_db()
        assert (sent.trouble, sent.done, sent.total, sent.ended_at) == ("away", 16, 40, None)
        actions.run_transfer(sent.id, at=AT)
        sent.refresh_from_db()
        assert (sent.trouble, sent.done, sent.failed) == ("", 40, False)
        assert given == [16, 16, 16, 8]
        web = DicomWeb(archive, orthanc.USER, orthanc.PASSWORD)
        assert len(web.list_images(sent.study_uid)) == 40

    def test_a_wrong_password_is_said_and_not_tried_again(self, archive, patient, doctor):
        pacs = pacs_of(patient.organisation, archive, password="wrong")
        wanted = actions.want_study(pacs, patient, "1.2.3", actor=doctor, at=AT)
        assert actions.run_transfer(wanted.id, at=AT).trouble == "denied"
        assert actions.run_transfer(wanted.id, at=AT).ended_at == AT


@pytest.mark.django_db
def test_an_archive_that_does_not_answer(patient, doctor):
    pacs = pacs_of(patient.organisation, f"http://127.0.0.1:{free_port()}")
    wanted = actions.want_study(pacs, patient, "1.2.3", actor=doctor, at=AT)
    with pytest.raises(Trouble):
        actions.run_transfer(wanted.id, at=AT)
    kept = Transfer.objects.get()
    assert (kept.trouble, kept.ended_at, kept.failed) == ("away", None, False)
    assert {kept.trouble, *FINAL} <= TROUBLES.keys()


def test_parts_are_read_as_they_were_written():
    images = [b"a\r\n--x", b"", b"\r\n\r\n", bytes(range(256))]
    kind = 'multipart/related; type="application/dicom"; boundary=7f'
    assert list(read_parts(kind, write_parts(images, "7f"))) == images
    with pytest.raises(Trouble):
        list(read_parts(kind, write_parts(images, "7f")[:-20]))
    with pytest.raises(Trouble):
        list(read_parts("application/json", b"{}"))
