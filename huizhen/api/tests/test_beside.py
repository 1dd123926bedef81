"""What lies beside the main road, over HTTP: suggestions, meeting, co-signing, corrections, aftercare, families, duty."""

import hashlib

import pytest

from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.duty.queries import list_ringing
from huizhen.consult.joint.models import CosigningRule
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.people.tests.builders import make_member


def ok(answer, status=200):
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def callers(cast, *accounts):
    """Logged in at the story's present moment: sessions do not outlast a long story."""
    return [Caller(token_for(account)) for account in accounts or cast.experts]


@pytest.fixture
def lead(cast):
    """Who leads the centre's team: keeps its duty list and its contracts."""
    return Caller(token_for(make_member("team_lead", cast.platform).account))


def test_experts_are_suggested_with_reasons_and_only_to_coordinators(doctor, coordinator, stranger, cast):
    path = f"/consult/joint/{make.assigning(cast).case_id}/suggestions"
    found = ok(coordinator.get(path))
    assert {one["account_id"] for one in found["experts"]} == {str(one.id) for one in cast.experts}
    assert found["experts"][0]["reasons"][0]["code"] == "specialty"
    assert ok(coordinator.get(f"{path}?limit=1"))["experts"] == found["experts"][:1]
    assert (doctor.get(path).status_code, stranger.get(path).status_code) == (403, 404)


def test_a_meeting_is_offered_chosen_moved_and_cancelled(doctor, coordinator, cast):
    application = make.reviewing(cast, wants_meeting=True)
    experts = callers(cast)
    path = f"/consult/joint/{application.case_id}/meeting"
    assert doctor.get(path).status_code == 404
    assert doctor.post(f"{path}/offers", {"minutes": 30}).status_code == 403
    offered = ok(coordinator.post(f"{path}/offers", {"minutes": 30}), 201)
    assert doctor.get(f"{path}.ics").status_code == 404
    last = offered["options"][-1]["id"]
    assert ok(experts[1].post(f"{path}/votes", {"option_ids": [last]}))["state"] == "offered"
    chosen = ok(coordinator.post(f"{path}/choice", {"option_id": last}))
    assert (chosen["state"], chosen["starts_at"]) == ("fixed", offered["options"][-1]["starts_at"])
    assert coordinator.post(f"{path}/choice", {"option_id": last}).json()["code"] == "no_offer"
    assert b"BEGIN:VEVENT" in doctor.get(f"{path}.ics").content
    later = {"starts_at": "2026-12-01T02:00:00Z", "reason": "专家临时有紧急手术"}
    assert ok(coordinator.post(f"{path}/shift", later))["sequence"] == 1
    ok(coordinator.post(f"{path}/cancellation", {"reason": "不再需要"}), 204)
    assert ok(doctor.get(path))["state"] == "cancelled"


def test_signing_together_correcting_and_verifying(cast):
    application = make.drafting(cast)
    chair, other, doctor = callers(cast, *cast.experts, cast.applicant)
    CosigningRule.objects.create(specialty_id=application.specialty_id, everybody=True)
    path = f"/consult/joint/{application.case_id}"
    for objection in ("object", "sign"):
        ok(chair.post(f"{path}/report/approval"), 202)
        outbox.run_pending(cast.later(minutes=1))
        assert [one["state"] for one in ok(chair.get(f"{path}/cosignatures"))] == ["waiting"]
        assert other.post(f"{path}/cosigning/answer", {"answer": "pass"}).json()["code"] == "must_cosign"
        ok(other.post(f"{path}/cosigning/answer", {"answer": objection, "reason": "缺一句"}), 204)
    outbox.run_pending(cast.later(minutes=1))
    [first] = ok(doctor.get(f"{path}/report/versions"))
    pdf = b"".join(doctor.get(first["file"].removeprefix("/api/v1")).streaming_content)
    assert doctor.post(f"{path}/report/correction", {"reason": "笔误"}).status_code == 403
    ok(chair.post(f"{path}/report/correction", {"reason": "疑有误"}), 204)
    ok(chair.post(f"{path}/report/correction/drop", {"reason": "复核无误"}), 204)
    anybody, digest = Caller(), hashlib.sha256(pdf).hexdigest()
    paper = ok(anybody.get(f"/verify/{first['code']}?digest={digest}"))
    assert (paper["copied"], paper["newer"], len(paper["signers"])) == ("same", None, 2)
    assert "周桂兰" not in str(paper)
    assert ok(anybody.get(f"/verify/{first['code']}?digest=00"))["copied"] == "different"
    assert anybody.get("/verify/AAAA-BBBB-CCCC").status_code == 404


def test_afterwards_rating_outcome_and_family(cast):
    application = make.delivered(cast)
    doctor, expert, patient = callers(cast, cast.applicant, cast.experts[0], cast.patient_account)
    path = f"/consult/joint/{application.case_id}"
    stars = {"speed": 5, "clarity": 4, "use": 5, "words": "很清楚"}
    ok(patient.post(f"{path}/ratings", stars), 201)
    assert patient.post(f"{path}/ratings", stars).json()["code"] == "rated"
    ok(doctor.post(f"{path}/ratings", {**stars, "words": ""}), 201)
    assert [len(ok(caller.get(f"{path}/ratings"))) for caller in (patient, doctor)] == [1, 2]
    outbox.run_pending(cast.later(minutes=1))
    assert ok(doctor.get(f"{path}/follow-up"))["followed"] == ""
    [before, after] = (ok(caller.call("PUT", f"{path}/follow-up/day", {"days": days}))["due_at"]
                       for caller, days in ((doctor, 14), (expert, 60)))  # fmt: skip
    assert before < after
    assert patient.call("PUT", f"{path}/follow-up/day", {"days": 60}).status_code == 403
    assert doctor.call("PUT", f"{path}/follow-up/day", {"days": 6}).status_code == 422
    outcome = {"followed": "yes", "course": "better", "diagnosis_held": True, "words": "已手术"}
    assert patient.post(f"{path}/follow-up", outcome).status_code == 403
    ok(doctor.post(f"{path}/follow-up", outcome))
    assert ok(expert.get("/consult/outcomes"))[0]["words"] == "已手术"
    link = ok(patient.post(f"{path}/family-links", {"name": "女儿", "phone": "13800138000", "days": 3}), 201)
    assert "/follow/" in link["address"]
    assert "address" not in ok(patient.get(f"{path}/family-links"))[0]
    ok(patient.delete(f"{path}/family-links/{link['id']}"), 204)
    wrong = {"name": "女儿", "phone": "12345", "days": 3}
    assert patient.post(f"{path}/family-links", wrong).json()["code"] == "bad_phone"


def test_the_duty_list_and_contracts(doctor, coordinator, lead, cast):
    [first, second] = cast.experts
    shift = {"centre_id": cast.platform.id, "starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-23T12:00:00Z"}
    assert coordinator.post("/consult/duty/shifts", {**shift, "account_id": first.id}).status_code == 403
    made = [
        ok(lead.post("/consult/duty/shifts", {**shift, "account_id": one.id, "place": place}), 201)
        for place, one in enumerate(cast.experts, 1)
    ]
    backwards = {**shift, "account_id": first.id, "ends_at": "2026-11-22T12:00:00Z"}
    assert lead.post("/consult/duty/shifts", backwards).json()["code"] == "bad_shift"
    assert len(ok(coordinator.get("/consult/duty/shifts"))) == 2
    assert doctor.get("/consult/duty/shifts").status_code == 403
    urgent = make.submitted(cast, urgency="urgent")
    outbox.run_pending(cast.later(seconds=5))
    own = [Caller(token_for(one)) for one in cast.experts]
    [ring] = ok(own[0].get("/consult/duty/rings"))
    assert own[1].post(f"/consult/duty/rings/{ring['id']}/take").status_code == 404
    ok(own[0].post(f"/consult/duty/rings/{ring['id']}/pass"), 204)
    [ring] = ok(own[1].get("/consult/duty/rings"))
    assert ok(own[1].post(f"/consult/duty/rings/{ring['id']}/take"))["id"] == str(urgent.case_id)
    assert list_ringing(second.id) == []
    ok(lead.delete(f"/consult/duty/shifts/{made[0]['id']}"), 204)
    terms = {"asking_id": cast.county.id, "answering_id": first.practitioner.organisation_id,
             "starts_on": "2026-11-23", "fee_fen": 10000, "urgent_fee_fen": 20000}  # fmt: skip
    assert coordinator.post("/consult/contracts", terms).status_code == 403
    contract = ok(lead.post("/consult/contracts", terms), 201)
    assert lead.post("/consult/contracts", terms).json()["code"] == "bad_contract"
    assert ok(lead.call("PUT", f"/consult/contracts/{contract['id']}", {**terms, "fee_fen": 9000}))["fee_fen"] == 9000
    assert [one["made"] for one in ok(coordinator.get(f"/consult/contracts/{contract['id']}/changes"))] == [False, True]
    assert len(ok(coordinator.get("/consult/contracts"))) == 1
    assert doctor.get("/consult/contracts").status_code == 403


def test_who_falls_ill_is_released_and_the_chair_replaced(cast):
    reading, drafting, why = make.reviewing(cast), make.drafting(cast), {"reason": "专家生病住院"}
    chair, other = cast.experts
    make.sign(cast, reading, chair)
    [coordinator] = callers(cast, cast.coordinator)
    path = f"/consult/joint/{reading.case_id}/invitations"
    seats = {i.expert_id: f"{path}/{i.id}/release" for i in reading.invitations.all()}
    assert coordinator.post(seats[chair.id], why).json()["code"] == "nothing_awaited"
    assert Caller(token_for(chair)).post(seats[other.id], why).status_code == 403
    assert coordinator.post(seats[other.id], {}).status_code == 422
    ok(coordinator.post(seats[other.id], why), 204)
    assert make.state(reading) == "drafting"
    path, new = f"/consult/joint/{drafting.case_id}", drafting.invitations.get(expert=other)
    assert coordinator.post(f"{path}/chair", {"invitation_id": str(new.id)}).json()["code"] == "needs_missing"
    ok(coordinator.post(f"{path}/chair", {"invitation_id": str(new.id), **why}), 204)
    CosigningRule.objects.create(specialty_id=drafting.specialty_id, everybody=True)
    ok(Caller(token_for(other)).post(f"{path}/report/approval"), 202)
    gone = {"expert_id": str(chair.id), **why}
    ok(coordinator.post(f"{path}/cosigning/release", gone), 204)
    assert coordinator.post(f"{path}/cosigning/release", gone).json()["code"] == "cosigned"
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(drafting) == "delivered"
