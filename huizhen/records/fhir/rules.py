"""What is said about copies not made and entries not taken; what is taken at all. Pure."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What the record has a place for.
TAKEN = frozenset({
    "Organization", "Practitioner", "DocumentReference", "DiagnosticReport", "Observation", "ImagingStudy",
    "ServiceRequest", "Encounter", "Condition", "AllergyIntolerance", "Procedure", "Immunization",
    "MedicationStatement", "MedicationRequest",
})  # fmt: skip
MEDICINES = frozenset({"MedicationStatement", "MedicationRequest"})
# What is about nobody; all else must be about the patient of the bundle.
IMPERSONAL = frozenset({"Organization", "Practitioner"})

PROBLEMS: dict[str, Promise] = {
    "not_allowed": _("When its turn came, you could no longer read this record."),
    "storage": _("The store takes nothing at the moment, it may be full. The copy will be made as soon as it can be."),
    "too_large": _("The record is too large for one file. Take the copy without the documents' files."),
    "xml": _("This is XML. Export the record as FHIR in JSON and choose that file."),
    "not_json": _("This file is not JSON, or it was cut off on its way. Export it again."),
    "too_deep": _("The file is nested more deeply than any health record. It was not read."),
    "not_bundle": _("This JSON is no FHIR Bundle. Choose the file that the other system exported as a Bundle."),
    "bundle_type": _("Only Bundles of the types collection, document and searchset hold a record."),
    "empty_bundle": _("The Bundle holds no entry."),
    "too_many": _("The Bundle has more than 5,000 entries. Export the record in parts."),
    "no_patient": _("No entry says whose record this is: the Patient is missing."),
    "two_patients": _("The Bundle holds more than one Patient. Each record is brought in by itself."),
    "bad_patient": _("The Patient in the Bundle is not as FHIR R4 defines one."),
    "no_identity": _("The Patient in the Bundle has no identity number. A name alone does not say who somebody is."),
    "wrong_number": _("The identity number in the Bundle is not valid; its digits do not fit each other."),
    "another_person": _("The identity number in the Bundle is another one than in this record."),
    "name_differs": _("The number is the same, but the name in the Bundle is another one. Clear that up first."),
    "birth_differs": _("The number is the same, but the birth date in the Bundle is another one. Clear that up first."),
    "nothing_now": _("Since it was checked, everything of it has come in another way, or you may no longer add."),
}
REASONS: dict[str, Promise] = {
    "no_type": _("There is no resource in it."),
    "duplicate_url": _("Another entry has the same address (fullUrl), so nobody can tell which one is meant."),
    "r5_only": _("This type exists in FHIR R5 only. This house speaks R4."),
    "unknown_type": _("FHIR knows no resource of this name."),
    "not_taken": _("The record has no place for this kind of entry."),
    "consent": _("A consent is given here by the patient, and is not brought along."),
    "invalid_missing": _("Something that FHIR R4 asks for is missing here."),
    "invalid_unknown": _("FHIR R4 knows no such field here."),
    "invalid_form": _("What stands here has not the form that FHIR R4 asks for."),
    "entered_in_error": _("It is marked as entered in error."),
    "no_subject": _("It does not say whom it is about."),
    "other_patient": _("It is not about the patient of this Bundle."),
    "dangling": _("It points to something that is not in the Bundle."),
    "depends": _("It points to an entry that is not taken."),
    "future": _("The date lies in the future."),
    "before_birth": _("The date lies before the patient was born."),
    "no_content": _("The file itself is not in the Bundle. Export the record with its files."),
    "many_contents": _("It has several files; each document here is one."),
    "bad_base64": _("The bytes of the file cannot be read."),
    "wrong_type": _("The file is another one than it says: its first bytes belong to a different type."),
    "type_not_kept": _("Only PDF, JPEG, PNG, HEIC and Word (docx) files can be kept as documents."),
    "size_differs": _("The file has not the size that stands beside it."),
    "hash_differs": _("The file does not fit its digest; it was changed on its way."),
    "bad_file": _("The file cannot be opened."),
    "loose_file": _("No document that is taken uses this file."),
    "other_study": _("This examination is in the record of another person."),
}
# The validator's words for the two faults that people can mend; everything else is a matter of form.
FAULTS = {"missing": "invalid_missing", "extra_forbidden": "invalid_unknown"}


def reason_of(fault: str) -> str:
    """The code of a validator's fault."""
    return FAULTS.get(fault, "invalid_form")
