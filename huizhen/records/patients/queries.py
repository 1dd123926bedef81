"""Reads of patients, and the keyed fingerprints by which they are found."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from huizhen.kernel.crypto import blind
from huizhen.kernel.line import ahead, ask
from huizhen.kernel.statements import load, load_ahead
from huizhen.records.patients.models import Guardian, IdentityKind, Patient, PatientCorrection, Relation, Sex
from huizhen.records.patients.rules import name_key, plain_number, plain_phone

PRESENT = "id = %s AND retired_at IS NULL"
GUARDIANS = "SELECT account_id FROM records_guardian WHERE patient_id = %s AND until IS NULL ORDER BY since"

# What a form offers.
IDENTITY_KINDS, SEXES, RELATIONS = IdentityKind.choices, Sex.choices, Relation.choices


def index_name(name: str) -> bytes:
    """Fingerprint of a name as compared: only the whole name finds somebody, never a part of it."""
    return blind(name_key(name), purpose="records.patient.name")


def index_identity(kind: str, number: str) -> bytes | None:
    """Fingerprint of a document number with its kind; None without a number."""
    plain = plain_number(number)
    return blind(f"{kind}:{plain}", purpose="records.patient.identity") if plain else None


def index_phone(phone: str) -> bytes | None:
    """Fingerprint of a phone number; None when it cannot be one."""
    plain = plain_phone(phone)
    return blind(plain, purpose="records.patient.phone") if plain else None


def get_patient(patient_id: UUID) -> Patient | None:
    """A patient who was not retired (merged, or registered by mistake)."""
    return next(iter(load(Patient, PRESENT, [patient_id])), None)


def load_patient_ahead(patient_id: UUID) -> None:
    """Say that this patient and the accounts of the guardians will be asked for (`line.ahead`)."""
    load_ahead(Patient, PRESENT, [patient_id])
    ahead(GUARDIANS, [patient_id])


def get_by_identity(kind: str, number: str) -> Patient | None:
    """The patient with exactly this document."""
    index = index_identity(kind, number)
    return Patient.objects.filter(identity_index=index, retired_at=None).first() if index else None


def list_patient_ids(account_id: UUID) -> list[UUID]:
    """The patients this account is, or is guardian of; for `people.accounts.set_patient_lookup`."""
    theirs = Q(account_id=account_id) | Q(guardians__account_id=account_id, guardians__until=None)
    return list(Patient.objects.filter(theirs, retired_at=None).values_list("id", flat=True).distinct())


def list_patients_of(patient_ids: Iterable[UUID], *, first: UUID | None = None) -> list[Patient]:
    """These patients by the time they were registered; the one whose own account is `first` stands in front."""
    found = Patient.objects.filter(id__in=list(patient_ids), retired_at=None).order_by("registered_at", "id")
    return sorted(found, key=lambda patient: patient.account_id != first)


def list_accounts_of(patient_id: UUID) -> list[UUID]:
    """The accounts to be told about a patient: the own one and the guardians'."""
    own = Patient.objects.filter(id=patient_id, account__isnull=False).values_list("account_id", flat=True)
    return [*own, *Guardian.objects.filter(patient_id=patient_id, until=None).values_list("account_id", flat=True)]


def list_guardians(patient_id: UUID, *, past: bool = False) -> list[Guardian]:
    """Who stands for the patient now, or ever."""
    found = Guardian.objects.filter(patient_id=patient_id).select_related("account").order_by("since")
    return list(found if past else found.filter(until=None))


def list_guardian_accounts(patient_id: UUID) -> list[UUID]:
    """The accounts that stand for the patient now, longest-serving first."""
    return [row[0] for row in ask(GUARDIANS, [patient_id])]


def list_corrections(patient_id: UUID, *, since: datetime | None = None) -> list[PatientCorrection]:
    """What was corrected in a patient's data, the latest first."""
    found = PatientCorrection.objects.filter(patient_id=patient_id).select_related("actor").order_by("-at", "-id")
    return list(found.filter(at__gte=since) if since else found)
