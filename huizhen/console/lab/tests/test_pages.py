"""The laboratory's pages: what waits is released, a box is received, an exception is repaired, a paper is proved."""

import re
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation, Paper, Released
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import Box
from huizhen.lab.tests.builders import AT, control, make_lab, reading
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_number

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    with time_machine.travel(AT, tick=False):
        yield make_lab()


def enter(actor, language="en"):
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(enrol(Account.objects.get(id=actor.account_id)))
    return client


def take(lab, *lines):
    results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT)


def test_the_bench_shows_what_waits_and_releases_it(lab):
    tube = lab.collect()
    box = specimens.seal_box(lab.site, code="BOX-7", barcodes=[tube.barcode], actor=lab.collector, at=AT)
    client = enter(lab.bench)
    assert b"BOX-7" in client.get("/lab/receipt/").content
    answer = client.post("/lab/receipt/", {"code": "box-7", "barcodes": f"{tube.barcode}\n"})
    assert (answer.status_code, Box.objects.get(id=box.id).received_count) == (302, 1)
    assert client.post("/lab/receipt/", {"code": "box-8", "barcodes": "A1234"}).status_code == 422
    take(lab, control("NC-1", "Negative"), reading(tube, "Positive"))
    page = client.get("/lab/bench/").content.decode()
    assert "Positive: a person has to look" in page
    row = Observation.objects.get()
    assert client.post(f"/lab/results/{row.id}/release/", {"bench": "1"}).url == "/lab/bench/"
    assert Released.objects.count() == 1
    chinese = enter(lab.second, "zh-hans").get(f"/lab/tubes/{tube.barcode}/").content.decode()
    assert "阳性" in chinese
    assert client.get("/lab/tubes/", {"barcode": tube.barcode.lower()}).url == f"/lab/tubes/{tube.barcode}/"
    assert client.get("/lab/tubes/", {"barcode": "NOBODYS"}).url == "/lab/bench/"
    assert enter(lab.collector).get("/lab/bench/").status_code == 403


def test_a_value_is_rejected_or_corrected_and_papers_tell_whether_they_stand(lab):
    tube = lab.collect(panel="CBC")
    take(lab, reading(tube, "140", "HGB"), reading(tube, "99999", "PLT"))
    good, bad = Observation.objects.order_by("ordinal")
    client = enter(lab.bench)
    client.post(f"/lab/results/{bad.id}/reject/", {"reason": "clot"})
    answer = client.get(f"/lab/tubes/{tube.barcode}/report/{tube.persons.get().patient_id}.pdf")
    assert answer.content.startswith(b"%PDF")
    code = Paper.objects.get().code
    assert b"still valid" in Client(HTTP_ACCEPT_LANGUAGE="en").get(f"/lab/verify/{code}/").content
    client.post(f"/lab/results/{good.id}/correct/", {"value": "104", "reason": "swapped"})
    assert b"out of date" in Client(HTTP_ACCEPT_LANGUAGE="en").get(f"/lab/verify/{code}/").content
    assert Client().get("/lab/verify/AAAA-BBBB-CCCC/").status_code == 404
    assert client.get(f"/lab/tubes/{tube.barcode}/").content.count(b"Version 2") == 1


def test_an_exception_is_repaired_by_two_and_the_site_sees_it(lab):
    lab.collect(5, barcode="TYPED-WRONG")
    take(lab, reading("ON-THE-TUBE", "Negative"))
    with time_machine.travel(AT.replace(hour=3), tick=False):
        exceptions.look(at=AT.replace(hour=3))
        case_id = Trouble.objects.get().case_id
        first, second = enter(lab.bench), enter(lab.second)
        assert b"ON-THE-TUBE" in first.get("/lab/exceptions/").content
        assert first.get(f"/cases/{case_id}/").url == f"/lab/exceptions/{case_id}/"
        first.post(f"/lab/exceptions/{case_id}/propose/", {"barcode": "TYPED-WRONG"})
        assert b"A second person has to confirm" in first.get(f"/lab/exceptions/{case_id}/").content
        assert b"Confirm and repair" in second.get(f"/lab/exceptions/{case_id}/").content
        second.post(f"/lab/exceptions/{case_id}/confirm/")
        assert Released.objects.count() == 5
        site = enter(lab.collector)
        assert b"No open exception" in site.get("/lab/exceptions/").content
        assert site.get(f"/lab/exceptions/{case_id}/").status_code == 404


def test_the_status_of_a_platform(lab):
    Upstream.objects.create(organisation=lab.laboratory, name="省平台", format="fhir", url="http://127.0.0.1:9/x")
    take(lab, reading(lab.collect(5), "Negative"))
    reporting.enlist(at=AT)
    page = enter(lab.bench).get("/lab/reporting/").content.decode()
    assert "省平台" in page
    assert "5" in page


def test_a_site_checks_a_list_before_it_registers_it(lab):
    client, good = enter(lab.collector), make_number()
    text = f"姓名,身份证号\n甲一,{good}\n乙二,110101198005060021\n".encode("gb18030")
    sent = {"site": str(lab.site.id)}

    def post(**given):
        return client.post("/lab/lists/", {**sent, "file": SimpleUploadedFile("list.csv", text), **given})

    page = post(act="check").content.decode()
    assert ("Register 1 person" in page, "Row 3" in page, Patient.objects.count()) == (True, True, 0)
    digest = re.search(r'name="digest" value="(\w+)"', page)[1]
    post(act="register", digest="of another file")
    assert Patient.objects.count() == 0
    assert "Known already" in post(act="register", digest=digest).content.decode()
    assert Patient.objects.count() == 1
    assert client.post("/lab/lists/", {**sent, "file": SimpleUploadedFile("a.xlsx", b"PK")}).status_code == 422


def test_a_site_prints_labels_again_and_closes_and_hands_over_a_box(lab):
    client, sent = enter(lab.collector), {"site": str(lab.site.id), "count": 2}
    new = client.post("/lab/labels/", {**sent, "zpl": "yes"}).content.decode()
    assert client.post("/lab/labels/", {**sent, "first": 1, "zpl": "yes"}).content.decode() == new
    assert client.post("/lab/labels/", {**sent, "pdf": "yes"}).content.startswith(b"%PDF")
    assert client.post("/lab/labels/", {**sent, "first": 4, "zpl": "yes"}).status_code == 422
    assert b"Numbers 1 to 4" in client.get("/lab/labels/").content
    tube = lab.collect()
    box = {"site": sent["site"], "code": "box-5", "barcodes": tube.barcode}
    assert client.post("/lab/boxes/", box).url == "/lab/boxes/"
    assert b"Waits to be handed over" in client.get("/lab/boxes/").content
    client.post("/lab/boxes/BOX-5/hand-over/", {"carrier": "周师傅"})
    assert (Box.objects.get().carrier, client.post("/lab/boxes/", box | {"code": "BOX-6"}).status_code) == (
        "周师傅",
        422,
    )
    enter(lab.bench).post("/lab/receipt/", {"code": "BOX-5", "barcodes": f"{tube.barcode}\nSTRANGER"})
    assert b"Count differs" in client.get("/lab/boxes/").content
    assert enter(make_lab().collector).post("/lab/boxes/BOX-5/hand-over/", {"carrier": "x"}).status_code == 404
