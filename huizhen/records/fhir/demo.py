"""The demonstration's record from elsewhere: last year's check-up of 王秀英, as another house exported it. Invented."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from huizhen.kernel import files
from huizhen.people.accounts.models import Account
from huizhen.people.accounts.queries import get_actor
from huizhen.records.acting import day_of
from huizhen.records.demo import DOCTOR, PATIENTS
from huizhen.records.fhir import codes, shapes
from huizhen.records.fhir.actions import check_import, confirm_import, start_import, take_import
from huizhen.records.fhir.models import FhirImport
from huizhen.records.patients.queries import get_by_identity

SAMPLE, SOURCE = PATIENTS[0], "江城健康体检中心（演示）"
AGO = timedelta(days=300)
# name, LOINC, value, unit, low, high, mark
RESULTS = (
    ("空腹血糖", "1558-6", "6.80", "mmol/L", "3.9", "6.1", "H"),
    ("总胆固醇", "14647-2", "5.42", "mmol/L", "2.8", "5.7", "N"),
    ("癌胚抗原", "2039-6", "6.3", "ng/mL", "0", "5.0", "H"),
    ("肌酐", "14682-9", "61", "umol/L", "41", "81", "N"),
)


def load(at: datetime) -> Iterator[str]:
    """Bring it in as a doctor would; a second run changes nothing."""
    patient = get_by_identity("resident", SAMPLE.number())
    if patient is None or FhirImport.objects.filter(patient=patient).exists():
        return
    doctor = get_actor(Account.objects.get(username=DOCTOR))
    data = shapes.encode(check_up(day_of(at) - AGO))
    upload = files.store("check-up.json", data, actor=doctor, at=at, purpose="fhir")
    run = start_import(patient, upload.id, actor=doctor, at=at)
    check_import(run.id, at=at)
    confirm_import(run, actor=doctor, at=at)
    take_import(run.id, at=at)
    yield f"a check-up of {SAMPLE.name}, brought in from {SOURCE}"


def check_up(on: date) -> dict[str, Any]:
    """A bundle with a report of four results."""
    subject: dict[str, Any] = {"reference": "Patient/1"}
    about: dict[str, Any] = {"effectiveDateTime": on.isoformat(), "status": "final"}
    person = {
        "id": "1", "name": [{"text": SAMPLE.name}], "birthDate": SAMPLE.birth_on.isoformat(), "gender": SAMPLE.sex,
        "identifier": [{"system": codes.IDENTITY["resident"], "value": SAMPLE.number()}],
    }  # fmt: skip
    lines: list[dict[str, Any]] = [
        {
            "id": loinc, "code": shapes.coded(codes.LOINC, loinc, text=name), "subject": subject, **about,
            "valueQuantity": {"value": Decimal(value), "unit": unit},
            "referenceRange": [{"low": {"value": Decimal(low)}, "high": {"value": Decimal(high)}}],
            **shapes.mark_of(mark), "performer": [{"reference": "Organization/1"}],
        }
        for name, loinc, value, unit, low, high, mark in RESULTS
    ]  # fmt: skip
    report = {
        "id": "1", "code": {"text": "健康体检检验报告（合成数据）"}, "subject": subject, **about,
        "performer": [{"reference": "Organization/1"}],
        "result": [{"reference": f"Observation/{one['id']}"} for one in lines],
        "conclusion": "空腹血糖偏高，癌胚抗原轻度升高，建议三个月后复查。",
    }  # fmt: skip
    held: list[tuple[str, dict[str, Any]]] = [
        ("Patient", person),
        ("Organization", {"id": "1", "name": SOURCE}),
        ("DiagnosticReport", report),
    ]
    held += [("Observation", line) for line in lines]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"https://example.org/fhir/{kind}/{body['id']}", "resource": {"resourceType": kind, **body}}
            for kind, body in held
        ],
    }
