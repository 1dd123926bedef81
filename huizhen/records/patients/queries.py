"""Reads of patients, and the keyed fingerprints by which they are found."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from huizhen.kernel.crypto import blind
from huizhen.kernel.line import ahead, ask
from huizhen.kernel.statements import load, load_ahead
from huizhen.records.patients.models import Guardian, IdentityKind, Patient, PatientCorrection, Relation, Sex
from huizhen.records.patients.rules import name_key, plain_number, plain_phone

PRESENT = "id = %s AND retired_at IS NULL"
# Of all records of the person, whichever of them is asked for.
STANDING = """
WITH whole AS (SELECT array_prepend(one.id, one.replaces) AS ids FROM records_patient asked
                 JOIN records_patient one ON one.id = COALESCE(asked.replaced_by_id, asked.id) WHERE asked.id = %s)
SELECT account_id, own
  FROM (SELECT account_id, TRUE AS own, registered_at AS since FROM records_patient, whole
         WHERE id = ANY (ids) AND account_id IS NOT NULL
        UNION ALL
        SELECT account_id, FALSE, since FROM records_guardian, whole WHERE patient_id = ANY (ids) AND until IS NULL
       ) standing
 ORDER BY own DESC, since, account_id
"""

# What a form offers.
IDENTITY_KINDS, SEXES, RELATIONS = IdentityKind.choices, Sex.choices, Relation.choices


def index_name(name: str) -> bytes:
    """Fingerprint of a name as compared: only the whole name finds somebody, never a part of it."""
    return blind(name_key(name), purpose="records.patient.name")


def index_identity(kind: str, number: str) -> bytes | None:
    """Fingerprint of a document number with its kind; None without a number."""
    plain = plain_number(number)
    return blind(f"{kind}:{plain}", purpose="records.patient.identity") if plain else None


def list_identity_indexes(number: str) -> list[bytes]:
    """The fingerprints a number would have as each kind of document; who searches has the card, not its kind."""
    return [index for kind in IdentityKind.values if (index := index_identity(kind, number))]


def index_phone(phone: str) -> bytes | None:
    """Fingerprint of a phone number; None when it cannot be one."""
    plain = plain_phone(phone)
    return blind(plain, purpose="records.patient.phone") if plain else None


def get_patient(patient_id: UUID) -> Patient | None:
    """A patient who was not retired (registered by mistake). A record that was merged into another gives that one."""
    found = next(iter(load(Patient, PRESENT, [patient_id])), None)
    return found.replaced_by or found if found and found.replaced_by_id else found


def load_patient_ahead(patient_id: UUID) -> None:
    """Say that this patient and the accounts that stand for them will be asked for (`line.ahead`)."""
    load_ahead(Patient, PRESENT, [patient_id])
    ahead(STANDING, [patient_id])


def get_person_ids(patient_id: UUID) -> tuple[UUID, ...]:
    """The keys of all records of the person one of them belongs to, the one that remains first."""
    found = Patient.objects.select_related("replaced_by").filter(id=patient_id).first()
    return found.person_ids if found else (patient_id,)


def list_joined(patient: Patient) -> list[Patient]:
    """The records that were merged into this one, oldest first."""
    if not patient.replaces:
        return []
    return list(Patient.objects.filter(id__in=patient.replaces).order_by("registered_at", "id"))


def survivors(found: Iterable[Patient]) -> list[Patient]:
    """Each person once: a record that was merged into another stands as that one."""
    return list({one.id: one for one in (row.replaced_by or row for row in found)}.values())


def get_by_identity(kind: str, number: str) -> Patient | None:
    """The patient with exactly this document, also where it is the document of a record merged into another."""
    index = index_identity(kind, number)
    if index is None:
        return None
    found = Patient.objects.select_related("replaced_by").filter(identity_index=index, retired_at=None).first()
    return found.replaced_by or found if found else None


def list_taken(indexes: Iterable[bytes]) -> set[bytes]:
    """Those of these fingerprints of documents under which somebody is registered."""
    found = Patient.objects.filter(identity_index__in=list(indexes), retired_at=None)
    return {bytes(index) for index in found.values_list("identity_index", flat=True) if index}


def find_exactly(name: str, number: str) -> Patient | None:
    """The one person with this whole name and this whole number of a document or a phone; None also for several."""
    indexes = list_identity_indexes(number)
    alike = Q(identity_index__in=indexes)
    if phone := index_phone(number):
        alike |= Q(phone_index=phone)
    found = Patient.objects.select_related("replaced_by").filter(alike, name_index=index_name(name), retired_at=None)
    people = survivors(found[:3])
    return people[0] if len(people) == 1 else None


def list_patient_ids(account_id: UUID) -> list[UUID]:
    """The patients this account is, or is guardian of, with every record of each; for
    `people.accounts.set_patient_lookup`."""
    theirs = Q(account_id=account_id) | Q(guardians__account_id=account_id, guardians__until=None)
    found = Patient.objects.select_related("replaced_by").filter(theirs, retired_at=None)
    return list(dict.fromkeys(one for patient in found for one in patient.person_ids))


def list_patients_of(patient_ids: Iterable[UUID], *, first: UUID | None = None) -> list[Patient]:
    """These patients by the time they were registered, each person once; the one whose own account is `first` stands
    in front."""
    found = Patient.objects.filter(id__in=list(patient_ids), retired_at=None, replaced_by=None)
    return sorted(found.order_by("registered_at", "id"), key=lambda patient: first not in patient.own_accounts)


def list_accounts_of(patient_id: UUID) -> list[UUID]:
    """The accounts to be told about a patient: their own and the guardians'."""
    return list(list_standing(patient_id))


def list_guardians(patient_ids: Collection[UUID], *, past: bool = False) -> list[Guardian]:
    """Who stands for a person (`Patient.person_ids`) now, or ever."""
    found = Guardian.objects.filter(patient_id__in=patient_ids).select_related("account").order_by("since")
    return list(found if past else found.filter(until=None))


def list_standing(patient_id: UUID) -> dict[UUID, bool]:
    """The accounts that stand for a person now, by whichever record of theirs: the person's own (True), then the
    guardians' (False), longest-serving first. One query."""
    found: dict[UUID, bool] = {}
    for account_id, own in ask(STANDING, [patient_id]):
        found.setdefault(account_id, own)
    return found


def list_corrections(patient_ids: Collection[UUID], *, since: datetime | None = None) -> list[PatientCorrection]:
    """What was corrected in a person's data (`Patient.person_ids`), the latest first."""
    found = PatientCorrection.objects.filter(patient_id__in=patient_ids).select_related("actor").order_by("-at", "-id")
    return list(found.filter(at__gte=since) if since else found)
