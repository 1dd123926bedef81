"""Devices send over real associations: what is acknowledged is kept, once, and comes into the right record or a list."""

import io
from contextlib import contextmanager

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pynetdicom import AE

from huizhen.kernel import clock, notify, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.models import Content, File
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.people.tests.builders import make_organisation
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.imaging.rules import PROBLEMS
from huizhen.records.pacs.arrivals import access, actions, queries, rules
from huizhen.records.pacs.arrivals.models import Arrival, ArrivedImage, Station, TurnedAway, UnknownCaller
from huizhen.records.pacs.arrivals.receiver import MIB, Receiver
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_ct, make_patient
from huizhen.records.tests.cases import make_case

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
over_the_line = pytest.mark.django_db(transaction=True)
DONE = 0x0000


@pytest.fixture
def hospital():
    return make_organisation()


@pytest.fixture
def station(hospital):
    return Station.objects.create(organisation=hospital, name="CT 1", ae_title="CT1", address="127.0.0.1")


@pytest.fixture
def receiver(own_jobs):
    """The port of a running receiver."""
    running = Receiver(largest=2 * MIB)
    yield running.start("127.0.0.1", 0)
    running.stop()


@contextmanager
def calling(port: int, *datasets, title: str = "CT1", called: str = "HUIZHEN"):
    """An association of a device that offers what these datasets need."""
    entity = AE(ae_title=title)
    entity.connection_timeout = entity.dimse_timeout = entity.acse_timeout = 20
    entity.add_requested_context("1.2.840.10008.1.1")
    for one in datasets:
        entity.add_requested_context(one.SOPClassUID, one.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title=called)
    yield association
    if association.is_established:
        association.release()


def send(port: int, *datasets, **more) -> list[int]:
    """The statuses of objects sent over one association."""
    with calling(port, *datasets, **more) as line:
        return [line.send_c_store(one).Status for one in datasets]


def ct(patient=None, *, slices: int = 3, number: str = "T-1", seed: str = "", accession: str = ""):
    read = [dcmread(io.BytesIO(data)) for _name, data in make_ct(patient, slices=slices, seed=seed)]
    for one in read:
        one.PatientID, one.AccessionNumber = number, accession
    return read


def keep(station, *datasets) -> None:
    """What the receiver does with each, without the line."""
    for one in datasets:
        buffer = io.BytesIO()
        one.save_as(buffer, enforce_file_format=True)
        _outcome, arrival_id = actions.keep_image(station, buffer.getvalue(), at=clock.now())
    actions.wake(arrival_id)


def work():
    outbox.run_pending(clock.now())


@over_the_line
class TestAcknowledging:
    def test_what_is_acknowledged_is_kept_sealed_and_once(self, receiver, station):
        sent = ct(slices=3)
        with calling(receiver, sent[0]) as line:
            assert line.send_c_echo().Status == DONE
        assert send(receiver, *sent) == [DONE] * 3
        assert send(receiver, *sent) == [DONE] * 3
        arrival = Arrival.objects.get()
        assert (arrival.images, arrival.station, ArrivedImage.objects.count()) == (3, station, 3)
        assert Content.objects.count() == 3
        sent[1].PixelData = bytes(len(sent[1].PixelData))
        with calling(receiver, sent[1]) as line:
            refused = line.send_c_store(sent[1])
        assert (refused.Status, refused.ErrorComment) == (rules.CONFLICT, rules.COMMENTS["conflict"])
        assert TurnedAway.objects.get().sop_uid == sent[1].SOPInstanceUID
        assert ArrivedImage.objects.count() == 3

    def test_real_files_of_every_coding(self, receiver, station):
        names = (
            "CT_small",
            "JPEG2000",
            "MR_small_RLE",
            "MR_small_jpeg_ls_lossless",
            "MR_small_bigendian",
            "SC_rgb_jpeg_dcmtk",
        )
        for number, name in enumerate(names):
            one = dcmread(get_testdata_file(f"{name}.dcm"))
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{one.SOPInstanceUID}.{number}"
            assert send(receiver, one) == [DONE], name
            kept = ArrivedImage.objects.get(sop_uid=one.SOPInstanceUID)
            assert queries.get_sample(kept.arrival, 64).width <= 64

    def test_broken_objects_are_named(self, receiver, station):
        cut, empty, report = ct(), ct(), dcmread(get_testdata_file("reportsi.dcm"))
        cut[0].PixelData = cut[0].PixelData[:100]
        del empty[0].PixelData
        del empty[0].Rows
        assert send(receiver, cut[0], empty[0]) == [rules.BROKEN] * 2
        found = {row.sop_uid: row.code for row in TurnedAway.objects.all()}
        assert found == {cut[0].SOPInstanceUID: "truncated", empty[0].SOPInstanceUID: "no_pixels"}
        assert set(found.values()) | {"mismatch"} <= PROBLEMS.keys() & rules.COMMENTS.keys()
        with calling(receiver, report) as line:
            assert not [cx for cx in line.accepted_contexts if cx.abstract_syntax == report.SOPClassUID]
        assert File.objects.count() == 0

    def test_a_full_store_is_said_and_loses_nothing(self, receiver, station, monkeypatch):
        sent = ct(slices=3)
        put, came = Folder.put, []

        def full(self, name, chunks):
            came.append(name)
            if len(came) == 2:
                raise StorageTrouble("No space left on device")
            put(self, name, chunks)

        monkeypatch.setattr(Folder, "put", full)
        assert send(receiver, *sent) == [DONE, rules.NO_ROOM, DONE]
        assert send(receiver, *sent) == [DONE] * 3
        assert Arrival.objects.get().images == 3

    def test_an_object_past_all_measure_ends_the_association(self, receiver, station):
        sent = ct(slices=1)
        sent[0].PixelData = bytes(3 * MIB)
        with calling(receiver, sent[0]) as line:
            assert "Status" not in line.send_c_store(sent[0])
        assert send(receiver, *ct()) == [DONE] * 3
        assert TurnedAway.objects.get().code == "too_large"

    def test_an_association_cut_half_way_keeps_what_was_acknowledged(self, receiver, station, hospital):
        patient = make_patient(hospital)
        sent = ct(patient, slices=5, number=patient.identity_number)
        with calling(receiver, sent[0]) as line:
            assert [line.send_c_store(one).Status for one in sent[:2]] == [DONE] * 2
            line.abort()
        work()
        actions.take_rest(clock.now())  # the end may not have been noticed yet
        work()
        assert (ArrivedImage.objects.count(), ImagingInstance.objects.count()) == (2, 2)


@over_the_line
class TestWhoMaySend:
    def test_strangers_are_refused_and_said(self, receiver, station, hospital):
        operator = staff("operator", hospital)
        for title, called in (("CT2", "HUIZHEN"), ("CT2", "HUIZHEN"), ("CT1", "OTHER")):
            with calling(receiver, title=title, called=called) as line:
                assert line.is_rejected
        unknown = UnknownCaller.objects.get()
        assert (unknown.ae_title, unknown.address, unknown.tries) == ("CT2", "127.0.0.1", 2)
        assert notify.count_unseen(operator.account_id) == 1

    def test_a_device_taken_out_of_use_is_a_stranger(self, receiver, station):
        Station.objects.update(active=False)
        with calling(receiver) as line:
            assert line.is_rejected

    def test_only_so_many_at_once(self, station):
        running = Receiver(associations=1)
        port = running.start("127.0.0.1", 0)
        with calling(port) as first, calling(port) as second:
            assert (first.is_established, second.is_rejected) == (True, True)
        running.stop()


@pytest.mark.django_db
class TestWhoseItIs:
    def test_by_identity_number_and_then_by_itself_into_the_record(self, station, hospital):
        patient = make_patient(make_organisation(parent=hospital))
        keep(station, *ct(patient, number=patient.identity_number))
        work()
        study = ImagingStudy.objects.get()
        assert (study.patient, study.added_by, ImagingInstance.objects.count()) == (patient, None, 3)
        assert AuditEntry.objects.filter(action="records.arrival.assigned", patient_id=patient.id).count() == 1
        assert queries.list_arrivals([hospital.id]) == []

    def test_by_the_number_of_a_consultation(self, station, hospital):
        patient = make_patient(hospital)
        case = make_case(patient)
        keep(station, *ct(patient, number="", accession=case.number))
        work()
        assert ImagingStudy.objects.get().case_id == case.id

    @pytest.mark.parametrize(
        ("own", "number", "accession", "doubt"),
        [(True, "", "", "no_number"), (True, "X-99", "", "nobody"), (False, "card", "", "differs"),
         (True, "card", "case", "several"), (True, "elsewhere", "", "nobody")],
    )  # fmt: skip
    def test_a_doubt_keeps_it_on_the_list(self, station, hospital, own, number, accession, doubt):
        patient, other = make_patient(hospital), make_patient(name="别人", sex="male")
        case = make_case(make_patient(hospital))
        numbers = {"card": patient.identity_number, "elsewhere": other.identity_number}
        sent = ct(
            patient if own else other, number=numbers.get(number, number), accession=case.number if accession else ""
        )
        keep(station, *sent)
        work()
        assert (Arrival.objects.get().doubt, ImagingStudy.objects.count()) == (doubt, 0)
        assert doubt in rules.DOUBTS

    def test_a_person_assigns_it_and_the_number_is_learned(self, station, hospital):
        patient, doctor = make_patient(hospital), staff("applicant", hospital)
        keep(station, *ct(patient, number="H-7"))
        arrival = access.access_arrival(doctor, queries.list_arrivals(access.access_arrivals(doctor))[0].id)
        actions.assign(arrival, patient, actor=doctor, at=clock.now())
        actions.assign(arrival, patient, actor=doctor, at=clock.now())
        with pytest.raises(Refused):
            actions.assign(arrival, make_patient(hospital), actor=doctor, at=clock.now())
        work()
        assert ImagingInstance.objects.filter(series__study__patient=patient).count() == 3
        second = ct(patient, number="H-7", slices=5, seed="the next one")
        keep(station, *second[:3])
        work()
        assert ImagingStudy.objects.filter(patient=patient).count() == 2
        keep(station, *second)  # the rest of it came later
        work()
        assert ImagingInstance.objects.count() == 3 + 5

    def test_put_aside_and_still_there(self, station, hospital):
        doctor = staff("department_head", hospital)
        keep(station, *ct(number="PHANTOM"))
        arrival = Arrival.objects.get()
        with pytest.raises(Refused):
            actions.put_aside(arrival, "", actor=doctor, at=clock.now())
        actions.put_aside(arrival, "调机体模", actor=doctor, at=clock.now())
        assert queries.list_arrivals([hospital.id]) == []
        assert queries.list_arrivals([hospital.id], aside=True) == [arrival]
        assert queries.count_arrivals([hospital.id]) == 0

    def test_who_may_not_see_it(self, station, hospital):
        keep(station, *ct())
        arrival = Arrival.objects.get()
        with pytest.raises(NotVisible):
            access.access_arrival(staff("applicant", make_organisation()), arrival.id)
        with pytest.raises(NotVisible):
            access.access_arrivals(family(make_patient(hospital)))
        with pytest.raises(NotAllowed):
            access.access_arrivals(staff("expert", hospital))
