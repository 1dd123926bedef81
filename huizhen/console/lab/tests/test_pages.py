"""The laboratory's pages: what waits is released, a box is received, an exception is repaired, a paper is proved."""

from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huizhen.kernel import outbox
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.notify.models import Notification
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.models import Instrument, ResultRequest
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting import sending
from huizhen.lab.reporting.fakes import Platform
from huizhen.lab.reporting.models import Delivery, Upstream
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation, Paper, Released
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.specimens.models import Box, Tube
from huizhen.lab.specimens.pools import list_open_retests
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, control, entry, failed, make_lab, reading
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import get_actor
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_member, make_organisation
from huizhen.records.merging.actions import look_for
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
    lost = client.get("/lab/tubes/", {"barcode": "nobodys"}, follow=True).content.decode()
    assert 'value="NOBODYS"' in lost, "what was typed is kept beside what is wrong with it"
    assert "No tube of your laboratory has this barcode." in lost
    wrong = client.post(f"/lab/results/{row.id}/correct/", {"value": "perhaps", "reason": "read wrongly"})
    assert wrong.status_code == 422
    for kept in (
        "This is no value of this item",
        'value="perhaps"',
        'value="read wrongly"',
        '<details class="mt-3" open>',
    ):
        assert kept in wrong.content.decode()
    assert enter(lab.collector).get("/lab/bench/").status_code == 403


def test_the_doctor_who_ordered_is_told_and_may_open_the_tube_and_nobody_elses_doctor_orders(lab):
    ward = make_organisation("内科", kind="department", parent=lab.home)
    ordered, other, stranger = (make_member("applicant", place).account for place in (ward, lab.home, lab.laboratory))
    shown = enter(lab.collector).get("/lab/collect/").content.decode()
    assert f"{ordered.name} · 白石镇卫生院 · 内科" in shown
    assert stranger.name not in shown
    for wrong in (str(stranger.id), stranger.username, str(uuid4()), "nobody"):
        with pytest.raises(Refused, match="doctor: unknown_doctor"):
            lab.collect(doctor=wrong)
    tube = lab.collect(panel="CBC", doctor=ordered.username)
    take(lab, reading(tube, "45", "HGB"))
    outbox.run_pending(AT)
    told = Notification.objects.get(kind="lab.results.critical")
    assert told.account_id == ordered.id
    at = told.context["link"]
    assert [enter(get_actor(one)).get(at).status_code for one in (ordered, other, stranger)] == [200, 404, 404]


def test_a_short_box_has_its_exception_at_once_and_names_what_is_missing(lab):
    tubes = [lab.collect().barcode for _ in range(3)]
    specimens.seal_box(lab.site, code="BOX-8", barcodes=tubes, actor=lab.collector, at=AT)
    client = enter(lab.bench)
    answer = client.post("/lab/receipt/", {"code": "BOX-8", "barcodes": tubes[0]}, follow=True)
    assert b"Sealed with 3, received 1. An exception has been opened." in answer.content
    trouble = Trouble.objects.get()
    case = trouble.case
    assert (trouble.kind, trouble.count, trouble.site_id) == ("box_differs", 2, lab.site.id)
    assert (case.team_organisation_id, case.due_at) == (lab.laboratory.id, AT.replace(hour=5))
    page = client.get(f"/lab/exceptions/{case.id}/").content.decode()
    assert [barcode in page for barcode in tubes] == [False, True, True]
    specimens.seal_box(lab.site, code="BOX-9", barcodes=[lab.collect().barcode], actor=lab.collector, at=AT)
    client.post("/lab/receipt/", {"code": "BOX-9", "barcodes": f"{tubes[1]} {tubes[2]}"})
    exceptions.look(at=AT)
    case.refresh_from_db()
    assert case.state == "solved", "they came in another box"
    assert Trouble.objects.get(closed_at=None).count == 2, "one is missing there, and one more came than was sealed"


def test_withheld_persons_are_listed_until_each_was_tested_alone_and_the_site_is_told(lab):
    pool = lab.collect(5)
    take(lab, reading(pool, "Positive"))
    take(lab, reading(pool, "Positive"))
    outbox.run_pending(AT)
    told = Notification.objects.get(kind="lab.results.retest")
    assert (told.account_id, told.context["number"]) == (lab.collector.account_id, pool.barcode)
    people = [seat.patient for seat in pool.persons.order_by("seat")]
    looks = AuditEntry.objects.filter(action="lab.retest.read")
    for actor in (lab.collector, lab.bench):
        looked, shown = looks.count(), enter(actor).get(told.context["link"]).content.decode()
        assert shown.count(pool.barcode) == 5
        assert looks.count() == looked + 5
    assert b"Nobody has to come again" in enter(make_lab().bench).get("/lab/retests/").content
    first, second, *_rest = people
    again = [lab.collect(entries=[Entry(name=one.name, number=one.identity_number)]) for one in (first, second)]
    specimens.void_tube(again[1].id, actor=lab.bench, at=AT, reason="spilt")
    waiting = list_open_retests([], [lab.laboratory.id])
    assert {order.patient_id for order in waiting} == {one.id for one in people} - {first.id}
    with time_machine.travel(AT.replace(day=AT.day + 2), tick=False):
        exceptions.look(at=AT.replace(day=AT.day + 2))
        trouble = Trouble.objects.get(kind="not_retested")
        assert (trouble.count, trouble.barcode) == (4, pool.barcode)
        assert b"list of re-tests" in enter(lab.second).get(f"/lab/exceptions/{trouble.case_id}/").content


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
        wrong = first.post(f"/lab/exceptions/{case_id}/propose/", {"barcode": "no"})
        assert (wrong.status_code, 'value="no"' in wrong.content.decode()) == (422, True), "what was typed is kept"
        first.post(f"/lab/exceptions/{case_id}/propose/", {"barcode": "TYPED-WRONG"})
        assert b"A second person has to confirm" in first.get(f"/lab/exceptions/{case_id}/").content
        assert b"Confirm and repair" in second.get(f"/lab/exceptions/{case_id}/").content
        second.post(f"/lab/exceptions/{case_id}/confirm/")
        assert Released.objects.count() == 5
        site = enter(lab.collector)
        assert b"No open exception" in site.get("/lab/exceptions/").content
        assert site.get(f"/lab/exceptions/{case_id}/").status_code == 404


def test_an_instrument_is_asked_again_or_the_page_says_what_a_person_does_instead(lab):
    asked, mute = (
        Instrument.objects.create(organisation=lab.laboratory, name=name, profile=profile, address=name)
        for name, profile in (("GLU 1", "astm"), ("PCR 1", "roche-cobas-6800"))
    )
    for number, machine in enumerate((asked, mute)):
        given = {"message_id": uuid4(), "instrument_id": machine.id, "laboratory_id": lab.laboratory.id, "at": AT}
        results.take([failed(lab.collect(barcode=f"BROKEN-{number}"))], **given)
    exceptions.look(at=AT)
    cases = dict(Trouble.objects.values_list("barcode", "case_id"))
    client = enter(lab.bench)
    page = f"/lab/exceptions/{cases['BROKEN-0']}/"
    assert b"GLU 1 sends the result of this specimen once more" in client.get(page).content
    for _ in range(2):
        assert client.post(f"{page}ask/", {"instrument": str(asked.id)}).url == page
    assert client.get(page).content.count(b"Waiting for its line") == 1
    other = f"/lab/exceptions/{cases['BROKEN-1']}/"
    assert "没有仪器能在线重传" in enter(lab.second, "zh-hans").get(other).content.decode()
    assert b"No instrument can be asked" in client.get(other).content
    client.post(f"{other}ask/", {"instrument": "no key"})
    assert ResultRequest.objects.count() == 1


def test_two_records_are_compared_joined_and_taken_apart_on_one_page(lab):
    first, second = (
        lab.collect(entries=[one]).persons.get().patient
        for one in (entry("刘桂兰"), Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female",
                                         birth_on="1980-05-06"))
    )  # fmt: skip
    look_for([first.id, second.id], at=AT)
    exceptions.look(at=AT)
    page = f"/lab/exceptions/{Trouble.objects.get().case_id}/"
    one, other = enter(lab.bench), enter(lab.second)
    shown = one.get(page).content.decode()
    assert "The same name, birth date and sex" in shown
    assert first.identity_number not in shown
    one.post(f"{page}propose/", {"survivor": str(second.id), "note": "called her"})
    assert b"called her" in other.get(page).content
    other.post(f"{page}confirm/")
    first.refresh_from_db()
    assert first.replaced_by_id == second.id
    assert b"Take the records apart" in other.get(page).content
    other.post(f"{page}undo/", {"reason": "two sisters"})
    first.refresh_from_db()
    assert (first.replaced_by_id, Trouble.objects.filter(closed_at=None).count()) == (None, 1)


def test_a_tube_is_given_up_by_its_laboratory_and_what_it_caused_closes(lab):
    tube, good = lab.collect(5, persons=2), lab.collect()
    take(lab, failed(tube), reading(good, "Negative"))
    exceptions.look(at=AT)
    assert Trouble.objects.get().kind == "run_failed"
    client, page = enter(lab.bench), f"/lab/tubes/{tube.barcode}/"
    assert b"Give this tube up" in client.get(page).content
    statuses = [
        enter(who).post(f"{page}void/", {"reason": "x"}).status_code for who in (lab.collector, make_lab().bench)
    ]
    assert statuses == [403, 404]
    client.post(f"{page}void/", {"reason": " "})
    assert Tube.objects.get(id=tube.id).voided_at is None
    for _ in range(2):
        assert b"2 persons have to come again" in client.post(f"{page}void/", {"reason": "spent"}, follow=True).content
    assert AuditEntry.objects.filter(action="lab.specimen.voided").count() == 1
    exceptions.look(at=AT)
    assert Trouble.objects.get().case.state == "solved"
    assert b"Give this tube up" not in client.get(page).content
    client.post(f"/lab/tubes/{good.barcode}/void/", {"reason": "late"})
    assert Tube.objects.get(id=good.id).voided_at is None, "what is released is corrected, not given up"


def test_the_status_of_a_platform(lab):
    Upstream.objects.create(organisation=lab.laboratory, name="省平台", format="fhir", url="http://127.0.0.1:9/x")
    take(lab, reading(lab.collect(5), "Negative"))
    reporting.enlist(at=AT)
    page = enter(lab.bench).get("/lab/reporting/").content.decode()
    assert "省平台" in page
    assert "5" in page


def test_what_a_platform_refused_is_sent_again_by_who_answers_for_the_laboratory(lab):
    upstream = Upstream.objects.create(organisation=lab.laboratory, name="P", format="fhir", url="http://127.0.0.1:9/x")
    take(lab, reading(lab.collect(), "Negative"))
    reporting.enlist(at=AT)
    [one] = Delivery.objects.all()
    sending.catch_up(upstream, Platform(poison={one.id}))
    client, page = enter(lab.bench), "/lab/reporting/"
    again = f"{page}refused/{one.id}/again/"
    shown = client.get(page).content.decode()
    assert (again in shown, "patient_unknown" in shown, client.get(again).status_code) == (True, True, 405)
    other = make_lab()
    assert [enter(who).post(again).status_code for who in (lab.collector, other.bench)] == [404, 404]
    assert Delivery.objects.get().state == "refused"
    for says in (b"waits to be sent again", b"nothing was done"):
        assert says in client.post(again, follow=True).content
    assert Delivery.objects.get().state == "waiting"
    assert again not in client.get(page).content.decode()
    assert client.post(f"{page}refused/{uuid4()}/again/").status_code == 404


def test_earlier_results_are_counted_confirmed_and_reported(lab):
    take(lab, reading(lab.collect(5), "Negative"))
    reporting.enlist(at=AT)
    upstream = Upstream.objects.create(
        organisation=lab.laboratory, name="省平台", format="fhir", url="http://127.0.0.1:9"
    )
    client, page = enter(lab.bench), f"/lab/reporting/{upstream.id}/earlier/"
    assert page in client.get("/lab/reporting/").content.decode()
    day = {"since": "2026-03-01"}
    assert b"Report 5 results" in client.post(page, day).content
    assert b"has changed meanwhile" in client.post(page, {**day, "confirmed": "4"}).content
    assert client.post(page, {"since": "2026-03-03"}).status_code == 422
    assert client.post(page, {**day, "confirmed": "5"}).url == page
    assert b"0 of 5" in client.get(page).content
    outbox.run_pending(AT)
    assert b"5 of 5" in client.get(page).content
    assert b"Nothing is missing" in client.post(page, day).content
    assert enter(make_lab().bench).get(page).status_code == 404


def test_a_site_hands_a_list_in_watches_it_and_registers_what_is_right(lab):
    client, good = enter(lab.collector), make_number()
    text = f"姓名,身份证号\n甲一,{good}\n乙二,110101198005060021\n".encode("gb18030")

    def hand_in(content=text, name="list.csv"):
        return client.post("/lab/lists/", {"site": str(lab.site.id), "file": SimpleUploadedFile(name, content)})

    page = hand_in().url
    assert hand_in().url == page, "handed in twice, it is the same list"
    assert b"0 of 2 rows" in client.get(page).content
    outbox.run_pending(AT)
    shown = client.get(page).content.decode()
    assert ("Register 1 person" in shown, "Row 3" in shown, Patient.objects.count()) == (True, True, 0)
    for _ in range(2):
        client.post(page)
    outbox.run_pending(AT)
    assert b"the file itself was deleted" in client.get(page).content
    assert Patient.objects.count() == 1
    assert b"list.csv" in client.get("/lab/lists/").content
    assert hand_in(b"PK", "a.xlsx").status_code == 422
    assert enter(make_lab().collector).get(page).status_code == 404


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


def test_tubes_are_mixed_scan_after_scan_and_a_wrong_scan_loses_nothing(lab):
    tubes = [lab.collect().barcode for _ in range(3)]
    specimens.seal_box(lab.site, code="BOX-8", barcodes=tubes, actor=lab.collector, at=AT)
    client, at = enter(lab.bench), "/lab/mixing/?size=5"
    client.post("/lab/receipt/", {"code": "BOX-8", "barcodes": "\n".join(tubes)})

    def scan(text, language="en"):
        return client.get(f"{at}&scan={text}", headers={"accept-language": language})

    for place, barcode in enumerate(tubes):
        at = scan(f"{barcode.lower()} ").url
        assert at.endswith("".join(f"&tube={one}" for one in tubes[: place + 1]))
        for wrong, says in ((barcode, "这支管已经在列表里了"), ("NOBODYS-1", "本检验科没有这个条码的采样管")):
            shown = scan(wrong, "zh-hans").content.decode()
            assert (says in shown, shown.count('class="collect-seat"')) == (True, place + 1)
    at += "&all=yes"
    assert b"Put a new label" in scan(tubes[0]).content
    at = scan("pool-77").url
    shown = client.get(at).content.decode()
    assert "Mix 3 tubes into POOL-77" in shown
    sent = {"size": "5", "all": "yes", "tube": tubes, "label": "POOL-77"}
    assert client.post("/lab/mixing/", sent | {"label": "x"}).status_code == 422
    for _ in range(2):
        assert client.post("/lab/mixing/", sent).url == "/lab/mixing/?size=5"
    pool = Tube.objects.get(barcode="POOL-77")
    assert (pool.parts.count(), pool.persons.count()) == (3, 3)
    assert "POOL-77: 3 tubes mixed." in client.get("/lab/mixing/").content.decode()
    shown = client.post("/lab/mixing/", sent | {"label": "POOL-78"}).content.decode()
    assert shown.count("in a mixed tube already") == 3
    assert b"POOL-77" in client.get(f"/lab/tubes/{tubes[0]}/").content
    assert tubes[0].encode() in client.get("/lab/tubes/POOL-77/").content
    take(lab, reading("POOL-77", "Positive"))
    assert b"need not come" in client.get("/lab/retests/").content
    assert [enter(who).get("/lab/mixing/").status_code for who in (lab.collector, make_lab().bench)] == [403, 200]
