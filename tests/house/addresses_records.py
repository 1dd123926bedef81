"""What stands in health records, for the walk over all addresses: each kind of thing once."""

from typing import Any
from uuid import UUID

from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import files, ids
from huizhen.people.tests.builders import make_member
from huizhen.records.emergency.actions import open_emergency
from huizhen.records.fhir import shapes
from huizhen.records.fhir.access import access_copy
from huizhen.records.fhir.actions import (
    check_import,
    confirm_import,
    make_export,
    order_export,
    take_import,
)
from huizhen.records.fhir.actions import start_import as offer_bundle
from huizhen.records.fhir.codes import IDENTITY
from huizhen.records.imaging.actions import mark_image, run_import, start_import
from huizhen.records.imaging.models import ImagingInstance, ImagingStudy
from huizhen.records.measures.actions import draw
from huizhen.records.medicines.actions import add_medicine
from huizhen.records.merging.actions import look_for, merge_patients
from huizhen.records.merging.models import Likeness
from huizhen.records.pacs.arrivals.actions import keep_image
from huizhen.records.pacs.arrivals.models import Station
from huizhen.records.patients.access import access_patient
from huizhen.records.tests.actors import as_staff
from huizhen.records.tests.builders import make_ct, make_patient, make_zip

CT_ZIP = make_zip(make_ct(slices=1))


def make_copy(cast: Any) -> dict[str, Any]:
    """A copy of the record that the applicant asked for and a job has made."""
    actor = cast.actor(cast.applicant)
    made = order_export(access_copy(actor, cast.patient.id), with_files=False, actor=actor, at=cast.at)
    make_export(made.id, at=cast.at)
    patient = access_patient(actor, cast.patient.id, to="add")
    upload = files.store("record.json", shapes.encode(_result(patient)), actor=actor, at=cast.at, purpose="fhir")
    run = offer_bundle(patient, upload.id, actor=actor, at=cast.at)
    check_import(run.id, at=cast.at)
    confirm_import(run, actor=actor, at=cast.at)
    take_import(run.id, at=cast.at)
    return {"export_id": made.id, "bundle_id": run.id, "piece_id": run.pieces.get().id}


def _result(patient: Any) -> dict[str, Any]:
    """A result from elsewhere, of this patient."""
    person = {"resourceType": "Patient", "id": "p", "identifier": [
        {"system": IDENTITY["resident"], "value": patient.identity_number}]}  # fmt: skip
    found = {"resourceType": "Observation", "status": "final", "code": {"text": "血糖"}, "valueString": "5.6",
             "subject": {"reference": "Patient/p"}}  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": person}, {"resource": found}]}


def make_twins(cast: Any) -> dict[str, Any]:
    """A pair of records that may be one person's, and one that was joined."""
    pair = [make_patient(cast.county, name="李秀英", phone="+8613900001111") for _ in range(2)]
    look_for([pair[0].id], at=cast.at)
    joined = [make_patient(cast.county) for _ in range(2)]
    head = as_staff(make_member("department_head", cast.county).account, ("department_head", cast.county.id))
    return {
        "likeness_id": Likeness.objects.get().id, "survivor_id": pair[0].id, "replaced_id": pair[1].id,
        "merge_id": merge_patients(joined[0], joined[1], actor=head, at=cast.at).id,
    }  # fmt: skip


def make_emergency(cast: Any, doctor: Any) -> dict[str, Any]:
    """A record that somebody opened in an emergency, not yet judged."""
    patient = make_patient(cast.county, name="李建国")
    found = open_emergency(
        name=patient.name, number=patient.identity_number, reason="昏迷，须立即了解用药史", actor=cast.actor(doctor),
        at=cast.at,
    )  # fmt: skip
    return {"emergency_id": found.case_id, "emergency_name": patient.name, "emergency_number": patient.identity_number}


def make_mark(cast: Any, case_id: UUID) -> Any:
    image = ImagingInstance.objects.select_related("series__study__patient").order_by("id").first()
    expert = cast.actor(cast.experts[0])
    return mark_image(image, case_id, index=0, window=None, note="", actor=expert, at=cast.at)


def make_measure(cast: Any, case_id: UUID) -> Any:
    image = ImagingInstance.objects.select_related("series__study__patient", "file").order_by("id").first()
    return draw(
        image, case_id, key=ids.new_id(), index=0, kind="length", points=[[1, 1], [9, 9]],
        actor=cast.actor(cast.experts[0]), at=cast.at,
    )  # fmt: skip


def make_medicine(cast: Any) -> Any:
    actor = cast.actor(cast.applicant)
    patient = access_patient(actor, cast.patient.id, to="add")
    return add_medicine(patient, key=ids.new_id(), name="阿司匹林", actor=actor, at=cast.at)


def make_study(cast: Any, doctor: Any) -> Any:
    data = make_zip(make_ct(cast.patient))
    upload = files.store("ct.zip", data, actor=doctor, at=cast.at, purpose="imaging")
    patient = access_patient(doctor, cast.patient.id, to="add")
    run_import(start_import(patient, [upload.id], actor=doctor, at=cast.at).id, at=cast.at)
    return ImagingStudy.objects.get(patient_id=cast.patient.id)


def make_arrival(cast: Any) -> UUID:
    """A study that a device of the hospital sent, of nobody we know."""
    station = Station.objects.create(
        organisation_id=cast.patient.organisation_id, name="CT", ae_title="CT1", address="192.0.2.7"
    )
    [(_name, data)] = make_ct(slices=1)
    return keep_image(station, data, at=cast.at)[1]


def make_uploads(cast: Any, account: Any) -> dict[str, Any]:
    """Finished uploads of one person, by purpose."""
    actor = cast.actor(account)
    images = files.store("ct.zip", CT_ZIP, actor=actor, at=cast.at, purpose="imaging").id
    bundle = files.store("record.json", b'{"resourceType": "Bundle"}', actor=actor, at=cast.at, purpose="fhir").id
    return {
        "bundle": bundle,
        "document": make.store_pdf(actor, cast.at),
        "consent": make.store_pdf(actor, cast.at),
        "imaging": images,
    }
