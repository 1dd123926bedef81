"""The laboratory over the API: a phone's tubes are stored once however they arrive; the rest is thin over actions."""

from uuid import uuid4

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huizhen.api.tests.clients import Caller, token_for
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.instruments.models import Instrument
from huizhen.lab.instruments.readings import Reading
from huizhen.lab.reporting import actions as reporting
from huizhen.lab.reporting.models import Upstream
from huizhen.lab.results import actions as results
from huizhen.lab.specimens.models import Campaign, Clash, Tube, TubePerson
from huizhen.lab.tests.builders import AT, failed, make_lab, patients_of
from huizhen.people.accounts.models import Account
from huizhen.people.tests.builders import make_member
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_number

pytestmark = pytest.mark.django_db


@pytest.fixture
def lab():
    with time_machine.travel(AT, tick=False):
        yield make_lab()


def caller(actor):
    return Caller(token_for(Account.objects.get(id=actor.account_id)))


def tube(lab, barcode, *persons, **given_):
    return {
        "client_id": str(uuid4()), "site_id": str(lab.site.id), "panel": "NCOV", "barcode": barcode, "capacity": 10,
        "persons": list(persons) or [person()], "collected_at": AT.isoformat(), **given_,
    }  # fmt: skip


def person(**given_):
    return {"number": make_number(), "name": "李梅", **given_}


def send(phone, *tubes, **headers):
    answer = phone.post("/lab/collections", {"tubes": tubes}, **headers)
    assert answer.status_code == 200, answer.content
    return [(one["state"], [error["code"] for error in one["errors"]]) for one in answer.json()["tubes"]]


def test_what_is_wrong_with_one_tube_stops_no_other(lab):
    phone, good, known = caller(lab.collector), tube(lab, "GOOD-1"), person()
    other = make_lab()
    sent = [
        good, tube(lab, "good-1"), tube(lab, "x"), tube(lab, "T-00001", {"code": "HZ" + "A" * 26 + "1"}),
        tube(lab, "T-00002", known, known), tube(lab, "T-00003", person(name="")), tube(other, "T-00004"),
        tube(lab, "T-00005", capacity=1), tube(lab, "T-00006", campaign_id=str(uuid4())), tube(lab, "T-00007"),
        tube(lab, "T-00008", doctor="nobody"),
    ]  # fmt: skip
    assert send(phone, *sent) == [
        ("stored", []), ("kept", ["barcode_taken"]), ("refused", ["barcode_shape"]), ("refused", ["unknown_code"]),
        ("refused", ["twice_in_tube"]), ("refused", ["missing"]), ("refused", ["unknown_site"]), ("stored", []),
        ("refused", ["unknown_campaign"]), ("stored", []), ("refused", ["unknown_doctor"]),
    ]  # fmt: skip
    assert Clash.objects.get().tube.barcode == "GOOD-1"
    doctor = make_member("expert", lab.home).account
    assert [one["name"] for one in phone.get("/lab/sites").json()[0]["doctors"]] == [doctor.name]
    mended = sent[1] | {"barcode": "GOOD-2", "doctor": str(doctor.id)}
    assert send(phone, mended) == [("stored", [])]
    assert Tube.objects.get(barcode="GOOD-2").orders.get().doctor_id == doctor.id
    assert Clash.objects.get().settled_by.barcode == "GOOD-2"


PLAN = st.lists(st.tuples(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLAN)
def test_in_whatever_batches_and_however_often_they_come_each_tube_is_stored_once(lab, plan):
    """Answers are lost, batches cut anew, keys used again or fresh: the phone's tubes are there once, with its persons."""
    phone, before = caller(lab.collector), Tube.objects.count()
    kept = [tube(lab, f"P-{uuid4().hex[:12]}", person(), person()) for _ in range(5)]
    for places, is_repeated in plan:
        batch, key = [kept[place] for place in places], f"batch-{uuid4()}"
        first = send(phone, *batch, Idempotency_Key=key)
        assert {state for state, _errors in first} == {"stored"}
        if is_repeated:
            assert send(phone, *batch, Idempotency_Key=key) == first
    came = {place for places, _again in plan for place in places}
    assert Tube.objects.count() - before == len(came)
    stored = TubePerson.objects.filter(tube__client_id__in=[kept[place]["client_id"] for place in came])
    assert stored.count() == 2 * len(came)


def test_sites_persons_and_boxes(lab):
    Campaign.objects.create(
        organisation=lab.home, name="全员检测", panel=lab.collect().orders.get().panel, capacity=10,
        begins_on=AT.date(), ends_on=AT.date(),
    )  # fmt: skip
    phone, bench = caller(lab.collector), caller(lab.bench)
    [site] = phone.get("/lab/sites").json()
    assert (site["code"], site["campaigns"][0]["panel"]) == (lab.site.code, "NCOV")
    who = {"site_id": site["id"], "person": person()}
    codes = [phone.post("/lab/persons", who).json()["code"] for _ in range(2)]
    assert codes[0] == codes[1]
    wrong = phone.post("/lab/persons", {"site_id": site["id"], "person": {"code": "HZ0"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "unknown_code")
    assert send(phone, tube(lab, "B-00001", {"code": codes[0]}), tube(lab, "B-00002")) == [("stored", [])] * 2
    sealed = {"site_id": site["id"], "code": "box-9", "barcodes": ["B-00001", "B-00002"]}
    assert [phone.post("/lab/boxes", sealed).json()["sent_at"] for _ in range(2)] == [None, None]
    assert phone.post("/lab/boxes/BOX-9/handover", {"carrier": "周师傅"}).json()["carrier"] == "周师傅"
    assert phone.post("/lab/boxes/BOX-9/receipt", {"barcodes": ["B-00001"]}).status_code == 403
    assert [box["code"] for box in bench.get("/lab/boxes").json()] == ["BOX-9"]
    assert bench.post("/lab/boxes/BOX-9/receipt", {"barcodes": ["B-00001"]}).json()["received_count"] == 1
    assert bench.get("/lab/tubes/b-00001").json()["received_at"]
    assert caller(make_lab().bench).get("/lab/tubes/B-00001").status_code == 404


def test_an_instrument_is_asked_again_and_a_merge_is_undone(lab):
    machine = Instrument.objects.create(organisation=lab.laboratory, name="GLU 1", profile="astm", address="h")
    tube_ = lab.collect()
    results.take([failed(tube_)], message_id=uuid4(), instrument_id=machine.id, laboratory_id=lab.laboratory.id, at=AT)
    first, second = (Patient.objects.get(id=one) for one in patients_of([lab.collect(), lab.collect()]))
    pair = Likeness.objects.create(
        first=min(first, second, key=lambda one: one.id), second=max(first, second, key=lambda one: one.id),
        reasons=["phone_name"], found_at=AT,
    )  # fmt: skip
    with time_machine.travel(AT.replace(hour=3), tick=False):
        exceptions.look(at=AT.replace(hour=3))
        bench, checker = caller(lab.bench), caller(lab.second)
        at = {one["kind"]: f"/lab/exceptions/{one['id']}" for one in bench.get("/lab/exceptions").json()}
        before = bench.get(f"{at['run_failed']}/questions").json()
        assert (before["specimens"], before["questions"]) == ([tube_.barcode], [])
        assert before["instruments"] == [{"id": str(machine.id), "name": "GLU 1", "means": "question"}]
        wrong = bench.post(f"{at['run_failed']}/questions", {"instrument_id": str(uuid4())})
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "not_asked")
        wanted = {"instrument_id": str(machine.id)}
        key = f"ask-{uuid4()}"
        answers = [bench.post(f"{at['run_failed']}/questions", wanted, Idempotency_Key=key).json() for _ in range(2)]
        assert answers[0] == answers[1]
        assert [one["state"] for one in answers[0]["questions"]] == ["waiting"]
        pair_at = at["two_records"]
        assert checker.post(f"{pair_at}/split", {"reason": "x"}).json()["errors"][0]["code"] == "not_repairable"
        bench.post(f"{pair_at}/proposal", {"survivor": str(pair.first_id), "note": "电话核对"})
        assert checker.post(f"{pair_at}/confirmation").json()["state"] == "solved"
        assert checker.post(f"{pair_at}/split", {"reason": "两个人"}).json()["state"] == "solved"
        assert Merge.objects.get().undone_at
        assert [one["kind"] for one in bench.get("/lab/exceptions?kind=two_records").json()] == ["two_records"]


def test_exceptions_instruments_platforms_and_own_results(lab):
    tube_ = lab.collect(5, barcode="TYPED-WRONG")
    results.take([Reading(specimen="ON-TUBE", test="NCOV", value="Negative")], message_id=uuid4(), instrument_id=None,
                 laboratory_id=lab.laboratory.id, at=AT)  # fmt: skip
    with time_machine.travel(AT.replace(hour=3), tick=False):
        exceptions.look(at=AT.replace(hour=3))
        bench, second = caller(lab.bench), caller(lab.second)
        [found] = [one for one in bench.get("/lab/exceptions").json() if one["kind"] == "barcode_unknown"]
        at = f"/lab/exceptions/{found['id']}"
        assert bench.post(f"{at}/repair").json()["errors"][0]["code"] == "not_repairable"
        assert bench.post(f"{at}/proposal", {"barcode": "TYPED-WRONG"}).json()["proposed_barcode"] == "TYPED-WRONG"
        assert bench.post(f"{at}/confirmation").json()["errors"][0]["code"] == "same_person"
        assert second.post(f"{at}/confirmation").json()["closed_at"]
        assert second.post(f"{at}/moves", {"name": "solve", "reason": "x"}).status_code == 409
        assert bench.get(at).json()["repair"] == "rebind"
        assert bench.get("/lab/reporting").json() == bench.get("/lab/instruments").json() == []
        [patient, *_] = patients_of([tube_])
        assert bench.get(f"/lab/persons/{patient}/results").status_code == 404


def test_tubes_are_mixed_and_their_re_tests_are_listed_page_by_page(lab):
    bench, codes = caller(lab.bench), [lab.collect().barcode for _ in range(3)]
    box = {"site_id": str(lab.site.id), "code": "BOX-1", "barcodes": codes}
    assert caller(lab.collector).post("/lab/boxes", box).status_code == 201
    bench.post("/lab/boxes/BOX-1/receipt", {"barcodes": codes})
    wanted = {"barcode": "pool-1", "capacity": 5, "tubes": [*codes, "NOBODYS-1"]}
    wrong = bench.post("/lab/pools", wanted)
    assert (wrong.status_code, [error["field"] for error in wrong.json()["errors"]]) == (422, ["tubes.4"])
    for _ in range(2):
        made = bench.post("/lab/pools", wanted | {"tubes": codes})
        assert (made.status_code, made.json()["parts"]) == (201, sorted(codes))
    assert bench.get(f"/lab/tubes/{codes[0]}").json()["part_of"] == "POOL-1"
    refused = [caller(who).post("/lab/pools", wanted).status_code for who in (lab.collector, make_lab().bench)]
    assert refused == [403, 422]
    lines = [Reading("POOL-1", "NCOV", value="Positive"), Reading(lab.collect(5).barcode, "NCOV", value="Positive")]
    results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT)
    first = bench.get("/lab/retests?limit=6").json()
    rest = bench.get(first["next"].removeprefix("/api/v1")).json()
    rows = [*first["items"], *rest["items"]]
    assert (len(first["items"]), len(rows), rest["next"]) == (6, 8, None)
    assert [row["own_tube"] for row in rows if row["because_of"] == "POOL-1"] == codes
    assert {row["own_tube"] for row in rows if row["because_of"] != "POOL-1"} == {""}


def test_a_platforms_file_is_made_downloaded_handed_in_and_answered(lab):
    bench, other = caller(lab.bench), caller(make_lab().bench)
    upstream = Upstream.objects.create(organisation=lab.laboratory, name="市平台", format="excel", way="hand", url="")
    lines = [Reading(lab.collect(5).barcode, "NCOV", value="Negative")]
    results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT)
    reporting.enlist(at=AT)
    where = f"/lab/reporting/{upstream.id}/batches"
    assert (bench.get(where).json(), other.get(where).status_code) == ([], 404)
    made = bench.post(where, {}).json()
    assert (made["state"], made["size"], made["first_row"]) == ("prepared", 5, 2)
    assert [error["code"] for error in bench.post(where, {}).json()["errors"]] == ["batch_changed"]
    one = f"/lab/reporting/batches/{made['id']}"
    assert [other.get(path).status_code for path in (one, f"{one}/file.xlsx")] == [404, 404]
    early = bench.post(f"{one}/hand-in", {"handed_at": AT.isoformat()})
    assert (early.status_code, [error["code"] for error in early.json()["errors"]]) == (422, ["batch_moved"])
    first, second = (bench.get(f"{one}/file.xlsx") for _ in range(2))
    assert first.content == second.content
    assert first.content.startswith(b"PK")
    assert bench.post(f"{one}/hand-in", {"handed_at": "2026-03-02T09:00:00"}).status_code == 422, "whose nine o'clock?"
    done = bench.post(f"{one}/hand-in", {"handed_at": AT.isoformat(), "receipt": "LS-9"}).json()
    assert (done["state"], done["receipt"]) == ("handed_in", "LS-9")
    for rows, code in ((("3", "3"), "refused_twice"), (("9",), "refused_outside"), (("1",), "refused_outside")):
        wrong = bench.post(f"{one}/answer", {"refused": [{"row": row, "reason": "证号有误"} for row in rows]})
        assert [error["code"] for error in wrong.json()["errors"]] == [code]
    assert bench.post(f"{one}/answer", {"refused": [{"row": 3, "reason": "证号有误"}]}).json()["state"] == "answered"
    assert [row["reason"] for row in bench.get("/lab/reporting/refused").json()] == ["证号有误"]
    assert bench.post(f"{one}/give-back", {"reason": "late"}).json()["errors"][0]["code"] == "batch_over"
    assert [row["id"] for row in bench.get(where).json()] == [made["id"]]


def test_persons_of_a_negative_that_was_taken_back_stand_on_the_list_of_re_tests(lab):
    bench, pool = caller(lab.bench), lab.collect(5)
    given_ = {"message_id": uuid4(), "instrument_id": None, "laboratory_id": lab.laboratory.id, "at": AT}
    [old] = results.take([Reading(pool.barcode, "NCOV", value="Negative")], **given_).observations
    assert bench.get("/lab/retests").json()["items"] == []
    results.correct(old.id, value="Positive", reason="plates swapped", actor=lab.bench, at=AT)
    rows = bench.get("/lab/retests").json()["items"]
    assert [(row["because_of"], row["reason"]) for row in rows] == [(pool.barcode, "retest")] * 5
