"""What the record itself gives to a copy: the person, documents, images, confirmed tables, medicines, consents."""

from typing import Any
from uuid import uuid5

from huizhen.records.acting import day_of
from huizhen.records.consent.access import READ as READ_CONSENTS
from huizhen.records.consent.models import Consent
from huizhen.records.consent.queries import list_consents_of
from huizhen.records.documents.access import list_documents
from huizhen.records.documents.models import Document
from huizhen.records.fhir import codes, shapes
from huizhen.records.fhir.pieces import as_it_came, list_brought
from huizhen.records.fhir.shapes import Resource
from huizhen.records.fhir.writer import Writer
from huizhen.records.imaging.access import list_studies
from huizhen.records.imaging.models import ImagingSeries, ImagingStudy
from huizhen.records.medicines.access import list_medicines
from huizhen.records.medicines.models import Medicine
from huizhen.records.medicines.rules import in_words
from huizhen.records.patients.access import is_home
from huizhen.records.patients.naming import get_name_for, may_name
from huizhen.records.patients.queries import list_joined
from huizhen.records.transcripts.models import Transcript
from huizhen.records.transcripts.queries import list_confirmed
from huizhen.records.transcripts.rules import Item

LEVELS = {"resident": "usual"}
SECONDARY = {"system": codes.UNKNOWN, "code": "unknown"}


def write_patient(writer: Writer) -> None:
    """Who it is. Numbers and phone only for those who know the name; of joined records all numbers."""
    patient, known = writer.patient, may_name(writer.actor, _Place(writer.patient), at=writer.at)
    joined = [patient, *list_joined(patient)]
    body: Resource = {
        "identifier": [one for row in joined if known for one in _numbers(row)],
        "active": True,
        "name": [{"use": "official", "text": get_name_for(writer.actor, patient, at=writer.at)}],
        "gender": patient.sex,
        "birthDate": patient.birth_on.isoformat(),
    }
    phones = list(dict.fromkeys(row.phone for row in joined if row.phone)) if known else []
    if phones:
        body["telecom"] = [{"system": "phone", "value": phone, "use": "mobile"} for phone in phones]
    body["identifier"] += [shapes.own_identifier(row.id) for row in joined[1:]]
    # The person comes first in the bundle, the organisation after it.
    writer.add("Patient", patient.id, body)
    person = writer.entries[shapes.url_of(patient.id)]
    person["managingOrganization"] = writer.organisation(patient.organisation_id)


class _Place:
    def __init__(self, patient: Any) -> None:
        self.patient_id, self.organisation_id = patient.id, patient.organisation_id


def _numbers(row: Any) -> list[Resource]:
    system = codes.IDENTITY.get(row.identity_kind)
    if not system or not row.identity_number:
        return []
    kind = codes.IDENTITY_TYPE.get(row.identity_kind)
    made = {"type": coded} if (coded := kind and shapes.coded(codes.KINDS_0203, kind)) else {}
    return [{"use": "official", **made, "system": system, "value": row.identity_number}]


def write_documents(writer: Writer) -> None:
    """Documents, those brought in as they came, and the tables that somebody confirmed."""
    rows = list_documents(writer.actor, writer.patient)
    brought = list_brought([row.id for row in rows])
    for row in rows:
        piece = brought.get(row.id)
        body = as_it_came(writer, piece, row) if piece else document(writer, row)
        writer.add("DocumentReference", row.id, body)
    for transcript, items in list_confirmed([row.id for row in rows]):
        write_table(writer, transcript, items)


def document(writer: Writer, row: Document) -> Resource:
    """One document: what it is, of when, from whom, with size and digest of its content."""
    context: Resource = {"related": [{"reference": shapes.url_of(row.case_id)}]} if row.case_id else {}
    if row.taken_on:
        context["period"] = {"start": row.taken_on.isoformat()}
    loinc = shapes.coded(codes.LOINC, codes.LOINC_OF[row.kind], text=str(row.get_kind_display()))
    loinc["coding"].append({"system": codes.DOCUMENT_KIND, "code": row.kind})
    return {
        "status": "current",
        "type": loinc,
        "subject": writer.subject,
        "date": shapes.moment(row.uploaded_at),
        "author": [writer.practitioner(row.uploaded_by)],
        **({"custodian": writer.organisation(row.uploaded_by.home_id)} if row.uploaded_by.home_id else {}),
        "description": row.title,
        "content": [{"attachment": writer.attachment(row.file, row.title)}],
        **({"context": context} if context else {}),
    }


def write_table(writer: Writer, transcript: Transcript, items: list[Item]) -> None:
    """A confirmed table as a report and its observations."""
    paper = transcript.document
    on = (paper.taken_on or day_of(paper.uploaded_at)).isoformat()
    confirmed = {"performer": [writer.practitioner(transcript.confirmed_by)]} if transcript.confirmed_by else {}
    lines = []
    for place, item in enumerate(items, 1):
        lines.append(
            writer.add(
                "Observation", uuid5(transcript.id, f"{transcript.version}/{place}"),
                {
                    **result(item.name, on), "subject": writer.subject, **confirmed,
                    "derivedFrom": [{"reference": shapes.url_of(paper.id)}],
                    **shapes.value_of(item.value, item.unit), **shapes.mark_of(item.flag),
                    **({"referenceRange": found} if (found := shapes.range_of(item.range)) else {}),
                },
            )
        )  # fmt: skip
    writer.add("DiagnosticReport", transcript.id, {
        "status": "final",
        "category": [shapes.coded(codes.REPORT_CATEGORY, "LAB")],
        "code": shapes.coded(codes.LOINC, codes.LOINC_OF["lab_report"], text=paper.title),
        "subject": writer.subject,
        "effectiveDateTime": on,
        **({"issued": shapes.moment(transcript.confirmed_at)} if transcript.confirmed_at else {}),
        **confirmed,
        "result": lines,
    })  # fmt: skip


def result(name: str, on: str) -> Resource:
    """What every laboratory observation has in common."""
    return {
        "status": "final",
        "category": [shapes.coded(codes.OBSERVATION_CATEGORY, "laboratory")],
        "code": {"text": name},
        "effectiveDateTime": on,
    }


def write_studies(writer: Writer) -> None:
    """Imaging studies with the numbers of their series and images; the images themselves stay in the archive."""
    for study in list_studies(writer.actor, writer.patient):
        rows = study.series.prefetch_related("instances").order_by("number", "id")
        writer.add("ImagingStudy", study.id, imaging(writer, study, [series(one) for one in rows]))


def imaging(writer: Writer, study: ImagingStudy, found: list[Resource]) -> Resource:
    """One study. Its identifier is the UID that every archive knows it by [DICOM PS3.3 C.7.2.1]."""
    return {
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_uid}"}],
        "status": "available",
        "subject": writer.subject,
        **({"started": study.taken_on.isoformat()} if study.taken_on else {}),
        **({"description": study.description} if study.description else {}),
        **({"basedOn": [{"reference": shapes.url_of(study.case_id)}]} if study.case_id else {}),
        "numberOfSeries": len(found),
        "numberOfInstances": sum(one["numberOfInstances"] for one in found),
        **({"series": found} if found else {}),
    }


def series(row: ImagingSeries) -> Resource:
    """One series with its images."""
    images = sorted(row.instances.all(), key=lambda one: (one.number or 0, one.sop_uid))
    return {
        "uid": row.series_uid,
        **({"number": row.number} if row.number is not None and row.number >= 0 else {}),
        "modality": {"system": codes.DICOM, "code": row.modality} if row.modality else SECONDARY,
        **({"description": row.description} if row.description else {}),
        "numberOfInstances": len(images),
        **({"bodySite": {"display": row.body_part}} if row.body_part else {}),
        "instance": [
            {
                "uid": one.sop_uid,
                "sopClass": {"system": codes.URN, "code": f"urn:oid:{one.sop_class}"} if one.sop_class else SECONDARY,
                **({"number": one.number} if one.number is not None and one.number >= 0 else {}),
            }
            for one in images
        ],
    }


def write_medicines(writer: Writer) -> None:
    """Medicines that were written down here; those brought in leave as they came (`pieces.write_pieces`)."""
    for row in list_medicines(writer.actor, writer.patient):
        writer.add("MedicationStatement", row.id, medicine(writer, row))


def medicine(writer: Writer, row: Medicine) -> Resource:
    """One medicine: what, how, from when to when, and who says so."""
    days = {"start": row.starts_on, "end": row.ends_on}
    period = {name: on.isoformat() for name, on in days.items() if on}
    dosage: Resource = {
        **({"text": how} if (how := in_words(row.dose, row.route, row.frequency)) else {}),
        **({"timing": {"code": {"text": row.frequency}}} if row.frequency else {}),
        **({"route": {"text": row.route}} if row.route else {}),
    }
    return {
        "status": row.status,
        "medicationCodeableConcept": {"text": row.name},
        "subject": writer.subject,
        **({"effectivePeriod": period} if period else {}),
        "dateAsserted": shapes.moment(row.recorded_at),
        "informationSource": {"display": row.source} if row.source else writer.practitioner(row.recorded_by),
        **({"dosage": [dosage]} if dosage else {}),
    }


def write_consents(writer: Writer) -> None:
    """Consents given and withdrawn, for those who may see them: what the person allowed goes with the person."""
    if not is_home(writer.actor, writer.patient, READ_CONSENTS):
        return
    for row in list_consents_of(writer.patient.person_ids):
        writer.add("Consent", row.id, consent(writer, row))


def consent(writer: Writer, row: Consent) -> Resource:
    """One consent: who may read what, from when to when."""
    over = row.withdrawn_at is not None or row.until <= writer.at
    if row.account:
        grantee = writer.practitioner(row.account)
    elif row.organisation:
        grantee = writer.organisation(row.organisation.id)
    else:
        grantee = {"display": row.case.number if row.case else ""}
    role = shapes.coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "IRCP")
    return {
        "status": "inactive" if over else "active",
        "scope": shapes.coded(codes.CONSENT_SCOPE, "patient-privacy"),
        "category": [shapes.coded(codes.LOINC, codes.LOINC_OF["consent_form"])],
        "patient": writer.subject,
        "dateTime": shapes.moment(row.given_at),
        "policyRule": shapes.coded(codes.CLASSES, "OPTIN"),
        "provision": {
            "type": "permit",
            "period": {"start": shapes.moment(row.given_at), "end": shapes.moment(row.withdrawn_at or row.until)},
            "actor": [{"role": role, "reference": grantee}],
            "code": [{"text": what} for what in row.scope],
            "purpose": [{"code": "TREAT", "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason"}],
        },
    }
