"""An archive that hangs holds nobody's page, and one that dies in the middle of an image loses none."""

import io
from datetime import UTC, datetime

import httpx
import pydicom
import pytest

from huizhen.kernel.fakes.ports import free_port
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.imaging.tests.test_import import doctor, patient
from huizhen.records.pacs import actions, ports, queries
from huizhen.records.pacs.models import Pacs
from huizhen.records.pacs.ports import DicomWeb, Trouble
from huizhen.records.pacs.tests import orthanc, stand_in
from huizhen.records.pacs.tests.hanging import LIST, hanging
from huizhen.records.tests.builders import make_ct

__all__ = ["doctor", "patient"]
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("trickles", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", LIST], ids=["silent", "head", "body"])
def test_a_search_in_an_archive_that_hangs_ends(monkeypatch, trickles):
    # A job would wait for ever here: only the limit of a search can end this test.
    monkeypatch.setattr(ports, "TIMES", httpx.Timeout(None))
    monkeypatch.setattr(ports, "QUICK_SECONDS", 0.3)
    with hanging(trickles=trickles) as address, pytest.raises(Trouble) as told:
        queries.search(Pacs(address=address), "T-1")
    assert told.value.code == "away"


def test_where_a_page_waits_the_limits_are_short_and_a_job_keeps_its_patience():
    assert ports.QUICK.connect <= 3
    assert max(ports.QUICK.read, ports.QUICK.write, ports.QUICK.pool) < ports.QUICK_SECONDS <= 8
    assert ports.TIMES.read >= 60


@pytest.mark.parametrize(("user", "ends"), [(0, pytest.fail.Exception), (1000, pytest.skip.Exception)])
def test_where_the_real_archive_should_be_and_is_not_the_tests_fail(monkeypatch, tmp_path, user, ends):
    useless = tmp_path / "apt-get"
    useless.write_text("#!/bin/sh\necho no such package\nexit 100\n")
    useless.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(orthanc, "PROGRAM", str(tmp_path / "Orthanc"))
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(ends, match="no such package" if user == 0 else "only root"):
        orthanc.install()


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_archive_that_dies_in_the_middle_of_an_image_loses_none(patient, doctor, tmp_path):
    for name, data in make_ct(patient, slices=40, seed="killed"):
        (tmp_path / name.replace("/", "-")).write_bytes(data)
        study_uid = str(pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).StudyInstanceUID)
    port = free_port()
    pacs = Pacs.objects.create(organisation=patient.organisation, name="本院 PACS", address=f"http://127.0.0.1:{port}")
    wanted = actions.want_study(pacs, patient, study_uid, actor=doctor, at=AT)
    with stand_in.running(tmp_path, port, dies_at=20) as process:
        with pytest.raises(Trouble, match="away"):
            actions.run_transfer(wanted.id, at=AT)
        assert process.wait(20) == -9
    for _again in range(2):
        wanted.refresh_from_db()
        assert (wanted.trouble, wanted.done, wanted.total, wanted.ended_at) == ("away", 16, 40, None)
        assert ImagingInstance.objects.count() == 16
        with pytest.raises(Trouble, match="away"):
            actions.run_transfer(wanted.id, at=AT)
    with stand_in.running(tmp_path, port):
        actions.run_transfer(wanted.id, at=AT)
        given = {place.sop_uid for place in DicomWeb(pacs.address).list_images(study_uid)}
    wanted.refresh_from_db()
    assert (wanted.trouble, wanted.done, wanted.failed) == ("", 40, False)
    assert wanted.ended_at == AT
    kept = ImagingInstance.objects.filter(series__study=ImagingStudy.objects.get())
    assert (len(given), set(kept.values_list("sop_uid", flat=True)), kept.count()) == (40, given, 40)
