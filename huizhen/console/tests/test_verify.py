"""Verifying a report without an account: what is said, what is never said, and how often one may ask."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from huizhen.console import verify
from huizhen.consult.joint.queries import get_report
from huizhen.consult.joint.report.codes import ALPHABET, new_code, read_code, show_code
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import files
from huizhen.kernel.limits import Limit
from huizhen.kernel.limits.models import Attempts

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(signing, db):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        yield make.make_cast(travel)


def page(client, code, **sent):
    return client.post(f"/verify/{code}/", sent) if sent else client.get(f"/verify/{code}/")


def pdf(content):
    return SimpleUploadedFile("report.pdf", content, "application/pdf")


def test_the_code_on_the_paper_opens_a_page_without_any_health_data(cast, client):
    application = make.delivered(cast)
    report = get_report(application.id)
    with files.open_file(report.file) as stored:
        paper = stored.read()
    assert len(report.digest) == 64
    answer = page(client, show_code(report.code).lower())
    text = answer.content.decode()
    assert answer.status_code == 200
    for said in (application.case.number, cast.experts[0].name, "江城市中心医院", report.digest, "电子签名有效"):
        assert said in text, said
    for kept in (cast.patient.name, "结节", "手术", str(application.patient_id), str(application.case_id)):
        assert kept not in text, kept
    assert "逐字节一致" in page(client, report.code, copy=pdf(paper)).content.decode()
    assert "不是签名的原件" in page(client, report.code, copy=pdf(paper + b" ")).content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_an_unknown_and_an_unsigned_code_read_alike(cast, client):
    application = make.drafting(cast)
    unsigned = application.reports.get().code
    said = {page(client, code).content.decode().replace(code, "") for code in (new_code(), unsigned)}
    assert len({text[text.index("<h1>") : text.index("<form", text.index("<h1>"))] for text in said}) == 1
    assert {page(client, code).status_code for code in (new_code(), unsigned, "0", "x" * 300, "%27--")} == {404}


def test_asking_too_often_is_told_to_wait(client, monkeypatch):
    monkeypatch.setattr(verify, "LOOKS", Limit("verify report", account=0, address=2))
    codes = [page(client, new_code()).status_code for _time in range(3)]
    assert codes == [404, 404, 429]
    assert Attempts.objects.count() == 1


def test_codes_survive_the_telephone():
    code = new_code()
    assert set(code) <= set(ALPHABET)
    assert read_code(f" {show_code(code).lower().replace('-', ' ')} ") == code
    assert read_code(code[:-1]) == read_code(code + "2") == read_code("O" * 12) == ""
