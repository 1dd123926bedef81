"""The code systems that a copy speaks: identity documents, kinds of document, marks of results. Pure."""

URN = "urn:ietf:rfc:3986"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
CLASSES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
KINDS_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
REPORT_CATEGORY = "http://terminology.hl7.org/CodeSystem/v2-0074"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
UNKNOWN = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DOCUMENT_KIND = "urn:huizhen:document-kind"
CASE_NUMBER = "urn:huizhen:case-number"
# R4 knows only the SHA-1 of an attachment; whoever compares contents wants more.
SHA256 = "urn:huizhen:fhir:sha256"
# Resident numbers as China's shared health documents name them [WS/T 500: 2.16.156.10011.1.3].
IDENTITY = {
    "resident": "urn:oid:2.16.156.10011.1.3",
    **{
        kind: f"urn:huizhen:identity:{kind}"
        for kind in ("passport", "hk_macau_permit", "taiwan_permit", "foreign_permit", "birth_certificate", "military")
    },
}
IDENTITY_OF = {system: kind for kind, system in IDENTITY.items()}
# HL7 table 0203.
IDENTITY_TYPE = {"resident": "NI", "passport": "PPN"}
# What a document is, in LOINC's document ontology.
LOINC_OF = {
    "lab_report": "11502-2",
    "imaging_report": "18748-4",
    "pathology": "11526-1",
    "ecg": "11524-6",
    "discharge_summary": "18842-5",
    "record": "11503-0",
    "consent_form": "59284-0",
    "photo": "72170-4",
    "other": "34109-9",
}
KIND_OF = {code: kind for kind, code in LOINC_OF.items()} | {"11488-4": "record"}
CONSULT_NOTE = "11488-4"
FLAGS = {"high": "H", "low": "L", "abnormal": "A"}
FLAG_OF = {"H": "high", "HH": "high", "HU": "high", "L": "low", "LL": "low", "LU": "low",
           "A": "abnormal", "AA": "abnormal", "POS": "abnormal", "IND": "abnormal"}  # fmt: skip
