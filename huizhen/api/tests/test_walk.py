"""The whole way over HTTP: upload, register, apply, invite, sign, approve, download; and the conversation beside it."""

import base64

from huizhen.api.tests.clients import Caller, token_for
from huizhen.consult.joint.tests import builders
from huizhen.kernel import outbox
from huizhen.records.tests.builders import make_ct, make_number, make_zip

TUS = {"Tus-Resumable": "1.0.0"}


def upload(caller, data, name, purpose="document"):
    """The id of a finished upload."""
    metadata = ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in (("filename", name), ("purpose", purpose))
    )
    headers = {**caller.headers, **TUS}
    made = caller.client.post(
        "/api/v1/uploads", headers={**headers, "Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    )
    assert made.status_code == 201, made.content
    sent = caller.client.patch(
        made["Location"],
        data,
        content_type="application/offset+octet-stream",
        headers={**headers, "Upload-Offset": "0"},
    )
    assert sent.status_code == 204, sent.content
    return made["Location"].rsplit("/", 1)[1]


def ok(answer, status=200):
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def put_into_record(doctor, cast):
    """Register a patient with a consent form, a laboratory report and a CT, and look at one image."""
    patient = ok(doctor.post("/records/patients", {
        "organisation_id": cast.county.id, "name": "周桂兰", "gender": "female", "birth_date": "1958-04-12",
        "identifier": {"value": make_number()},
    }), 201)  # fmt: skip
    form, result = (upload(doctor, builders.make_pdf(), f"{name}.pdf") for name in ("同意书", "血常规"))
    document = ok(doctor.post(f"/records/patients/{patient['id']}/documents", {
        "file_id": result, "kind": "lab_report", "title": "血常规",
    }), 201)  # fmt: skip
    images = upload(doctor, make_zip([*make_ct(), ("说明.txt", b"not an image")]), "ct.zip", "imaging")
    run = ok(doctor.post(f"/records/patients/{patient['id']}/imports", {"file_ids": [images]}), 202)
    outbox.run_pending(cast.at)
    done = ok(doctor.get(f"/records/imports/{run['id']}"))
    assert (done["total"], done["kept"]) == (5, 4)
    assert done["problems"] == [{"name": "说明.txt", "code": "not_dicom", "says": "这不是 DICOM 文件。"}]
    study = ok(doctor.get(f"/records/patients/{patient['id']}/studies"))[0]
    series = ok(doctor.get(f"/records/studies/{study['id']}/series"))[0]
    frame = ok(doctor.get(f"/records/series/{series['id']}/frames"))[0]["image"].removeprefix("/api/v1")
    picture = doctor.get(f"{frame}?preset=lung&size=32")
    assert (picture.status_code, picture.content[:4]) == (200, b"\x89PNG")
    assert doctor.get(f"{frame}?preset=lung&size=32", If_None_Match=picture["ETag"]).status_code == 304
    assert doctor.get(f"{frame}?size=1").status_code == 422
    return patient, form, document, study


def bring_to_the_chair(doctor, coordinator, experts, cast):
    """Apply, complete, invite, and have everybody sign; returns the address of the case."""
    patient, form, document, study = put_into_record(doctor, cast)
    case = ok(doctor.post("/consult/joint", {
        "patient_id": patient["id"], "purpose": "diagnosis", "question": "右肺上叶结节，是否需要手术？",
        "summary": "女，68岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽。", "consent_file_id": form,
        "specialty": cast.experts[0].practitioner.specialties.first().code,
        "document_ids": [document["id"]],
    }), 201)  # fmt: skip
    path = f"/consult/joint/{case['id']}"
    ok(coordinator.post(f"{path}/material-requests", {"missing": ["imaging"], "note": "请补充 CT。"}))
    assert ok(doctor.get(path))["missing"] == ["imaging"]
    ok(doctor.post(f"{path}/material", {"study_ids": [study["id"]]}))
    for name in ("accept_material", "start_assigning"):
        ok(coordinator.post(f"{path}/moves", {"name": name}))
    found = ok(coordinator.get("/people/experts"))["items"]
    assert {item["account_id"] for item in found} >= {str(account.id) for account in cast.experts}
    ids = [str(account.id) for account in cast.experts]
    invitations = ok(coordinator.post(f"{path}/invitations", {"expert_ids": ids}), 201)
    for expert, invitation in zip(experts, invitations, strict=True):
        assert ok(expert.get(f"{path}/invitations"))[0]["id"] == invitation["id"]
        ok(expert.post(f"{path}/invitations/{invitation['id']}/answer", {"accepts": True}))
    ok(coordinator.post(f"{path}/chair", {"invitation_id": invitations[0]["id"]}), 204)
    ok(coordinator.post(f"{path}/moves", {"name": "start_review"}))
    for expert in experts:
        words = {"findings": "磨玻璃结节。", "assessment": "考虑早期肺癌可能。", "advice": "建议胸外科手术。"}
        ok(expert.patch(f"{path}/opinions/mine", words))
        assert ok(expert.post(f"{path}/opinions/mine/signature"))["signed_at"]
    assert len(ok(doctor.get(f"{path}/opinions"))) == 2
    assert ok(doctor.get(path))["state"] == "drafting"
    return path


def test_from_upload_to_signed_report(doctor, coordinator, cast):
    experts = [Caller(token_for(account)) for account in cast.experts]
    path = bring_to_the_chair(doctor, coordinator, experts, cast)
    chair = experts[0]
    assert doctor.get(f"{path}/report/draft").status_code == 403
    draft = ok(chair.get(f"{path}/report/draft"))
    conclusion = [{"text": "考虑早期肺癌，建议手术。", "sources": draft["conclusion"][0]["sources"]}]
    ok(chair.patch(f"{path}/report/draft", {"conclusion": conclusion, "advice": draft["advice"]}))
    assert doctor.get(f"{path}/report").status_code == 404
    assert ok(chair.post(f"{path}/report/approval"), 202)["approved_at"]
    outbox.run_pending(cast.at)
    report = ok(doctor.get(f"{path}/report"))
    pdf = doctor.get(report["file"].removeprefix("/api/v1"))
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    says = [event["says"] for event in ok(doctor.get(f"{path}/timeline"))["items"]]
    assert says[0] == "李明 提交"
    asked = ok(doctor.post(f"{path}/questions", {"question": "多久复查？", "client_id": "q1"}))
    assert asked["state"] == "answering"
    question = ok(chair.get(f"{path}/questions"))[0]["id"]
    ok(chair.post(f"{path}/questions/{question}/answer", {"answer": "三个月后。"}))
    assert ok(doctor.post(f"{path}/moves", {"name": "close"}))["state"] == "closed"
    # With the case ends what outside experts may see.
    assert chair.get(path).status_code == 404


def test_the_conversation(doctor, coordinator, stranger, cast):
    sent = builders.submitted(cast)
    path = f"/consult/joint/{sent.case_id}/messages"
    first = ok(doctor.post(path, {"client_id": "m1", "body": "请尽快。"}), 201)
    again = ok(doctor.post(path, {"client_id": "m1", "body": "请尽快。"}), 201)
    assert first == again
    ok(coordinator.post(path, {"client_id": "m1", "body": "内部讨论", "audience": "team"}), 201)
    assert doctor.post(path, {"client_id": "m2", "body": "x", "audience": "team"}).status_code == 403
    assert [m["body"] for m in ok(doctor.get(path))["items"]] == ["请尽快。"]
    assert [m["body"] for m in ok(coordinator.get(f"{path}?limit=1"))["items"]] == ["请尽快。"]
    following = ok(coordinator.get(f"{path}?limit=1"))["next"].removeprefix("/api/v1")
    assert [m["body"] for m in ok(coordinator.get(following))["items"]] == ["内部讨论"]
    ok(coordinator.post(f"{path}/read", {"number": 2}), 204)
    assert coordinator.delete(f"{path}/{first['id']}").status_code == 403
    ok(doctor.delete(f"{path}/{first['id']}"), 204)
    assert ok(doctor.get(f"{path}/changes?after=1"))["items"][0]["retracted_at"]
    assert doctor.post(path, {"client_id": "m3", "body": " "}).json()["code"] == "message_empty"
    assert doctor.post(path, {"client_id": "m4", "body": "x" * 5000}).json()["code"] == "message_too_long"
    assert stranger.get(path).status_code == 404
    file = upload(doctor, builders.make_pdf(), "图.pdf", "attachment")
    ok(doctor.post(path, {"client_id": "m5", "kind": "file", "attachments": [file]}), 201)
    item = ok(coordinator.get(path))["items"][-1]
    assert coordinator.get(item["attachments"][0]["file"].removeprefix("/api/v1")).status_code == 200
    assert coordinator.get(f"{path}/1/files/{file}").status_code == 404
    wrong = {"client_id": "m6", "kind": "file", "attachments": [str(sent.case_id)]}
    assert doctor.post(path, wrong).json()["code"] == "bad_attachment"


def test_a_patient_s_own_view(doctor, cast):
    sent = builders.submitted(cast)
    patient = Caller(token_for(cast.patient_account))
    me = ok(patient.get("/me"))
    assert (me["kind"], me["patient_ids"]) == ("patient", [str(cast.patient.id)])
    assert len(ok(patient.get("/me/sessions"))) == 1
    ok(doctor.get(f"/consult/joint/{sent.case_id}"))
    record = f"/records/patients/{cast.patient.id}"
    page = ok(patient.get(f"{record}/readers?limit=1"))
    assert page["items"][0]["name"] == "李明"
    assert ok(patient.get(page["next"].removeprefix("/api/v1")))["items"]
    assert doctor.get(f"{record}/readers").status_code == 404
    consent = ok(patient.get(f"{record}/consents"))[0]
    assert consent["withdrawn_at"] is None
    withdrawn = ok(patient.post(f"/records/consents/{consent['id']}/withdrawal"))
    assert withdrawn["withdrawn_at"]
    document = ok(patient.get(f"{record}/documents"))[0]
    assert patient.get(document["file"].removeprefix("/api/v1")).status_code == 200


def test_documents_are_removed_and_strangers_see_none(doctor, stranger, cast):
    builders.make_document(cast)
    path = f"/records/patients/{cast.patient.id}/documents"
    document = ok(doctor.get(path))[0]
    assert stranger.get(document["file"].removeprefix("/api/v1")).status_code == 404
    ok(doctor.delete(f"/records/documents/{document['id']}"), 204)
    assert ok(doctor.get(path)) == []


def test_the_inbox(doctor, coordinator, cast):
    sent = builders.submitted(cast)
    ok(coordinator.post(f"/consult/joint/{sent.case_id}/moves", {"name": "accept_material"}))
    outbox.run_pending(cast.at)
    page = ok(doctor.get("/inbox", Accept_Language="zh"))
    assert page["unseen"] == 1
    assert sent.case.number in page["items"][0]["title"]
    assert ok(doctor.post("/inbox/seen", {"ids": [page["items"][0]["id"]]})) == {"seen": 1}
    assert ok(doctor.get("/inbox?unseen=true"))["items"] == []
    wish = {"channels_off": ["sms"], "quiet_from": "21:00", "quiet_until": "08:00"}
    assert ok(doctor.patch("/inbox/preferences", wish)) == wish
    assert ok(doctor.get("/inbox/preferences")) == wish
    assert doctor.patch("/inbox/preferences", {"channels_off": ["in_app"]}).status_code == 422


def test_specialties_come_in_the_reader_s_language(doctor):
    chinese, english = (ok(doctor.get("/people/specialties", Accept_Language=tag)) for tag in ("zh", "en"))
    assert [one["code"] for one in chinese] == [one["code"] for one in english]
    assert doctor.get("/people/experts").status_code == 403
