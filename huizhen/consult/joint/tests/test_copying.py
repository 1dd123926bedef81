"""What a consultation gives to the copy of a record, to each reader."""

from huizhen.consult.joint.tests import builders as make
from huizhen.records.fhir import validation
from huizhen.records.fhir.queries import write_copy


def test_the_question_and_the_signed_report_go_along_for_who_may_read_them(cast):
    application = make.delivered(cast)
    bundle = write_copy(cast.actor(cast.patient_account), cast.patient, at=cast.at, with_files=True).bundle(
        application.id
    )
    validation.check_bundle(bundle)
    held = {one["fullUrl"]: one["resource"] for one in bundle["entry"]}
    request = held[f"urn:uuid:{application.case_id}"]
    assert (request["status"], request["reasonCode"]) == ("active", [{"text": application.question}])
    report = held[f"urn:uuid:{application.reports.get().id}"]
    assert (report["status"], report["docStatus"]) == ("current", "final")
    assert report["context"]["related"] == [{"reference": f"urn:uuid:{application.case_id}"}]
    assert held[report["content"][0]["attachment"]["url"]]["contentType"] == "application/pdf"
    # A colleague of the applicant reads the record, and is no part of the consultation.
    colleague = make.make_member("applicant", cast.county).account
    seen = write_copy(cast.actor(colleague), cast.patient, at=cast.at).bundle(application.id)
    assert f"urn:uuid:{application.case_id}" not in {one["fullUrl"] for one in seen["entry"]}
    assert str(application.case_id) not in str(seen), "nor does a document tell of it"
