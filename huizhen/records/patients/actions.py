"""Registering and correcting patients, and who stands for them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor, NotAllowed, may
from huizhen.kernel.statements import store
from huizhen.people.accounts.actions import name_patient
from huizhen.people.accounts.models import Account
from huizhen.records.acting import day_of
from huizhen.records.consent.actions import give_consent
from huizhen.records.consent.rules import HEALTH
from huizhen.records.patients import access, queries, rules
from huizhen.records.patients.models import Guardian, Patient, PatientCorrection, Relation
from huizhen.records.refused import Refused

CORRECTABLE = ("name", "identity_kind", "identity_number", "phone", "sex", "birth_on")


class Person(TypedDict):
    """What is known of a person to be registered; `birth_on` may be None where the identity number tells it."""

    name: str
    identity_kind: str
    identity_number: str
    sex: str
    birth_on: date | None
    phone: NotRequired[str]


def register_patient(*, organisation_id: UUID, actor: Actor, at: datetime, **person: Unpack[Person]) -> Patient:
    """Register a person at an organisation. Emits `records.patient.registered`.

    Raises:
        NotAllowed: the actor holds no role for it there.
        Refused: by field; `identity_number: duplicate` when somebody is registered with this document already, also
        elsewhere: then `admit_patient` opens that record with the patient's signature.
    """
    patient = new_patient(organisation_id=organisation_id, actor=actor, at=at, **person)
    with transaction.atomic():
        save_once(patient)
        note(patient, "registered", actor, at)
    return patient


def new_patient(*, organisation_id: UUID, actor: Actor, at: datetime, **person: Unpack[Person]) -> Patient:
    """A person as checked for registration, not stored yet. Raises NotAllowed, Refused: as `register_patient`."""
    if not may(actor, access.REGISTER, organisation_id):
        raise NotAllowed(access.REGISTER)
    patient = Patient(
        organisation_id=organisation_id, identity_kind=person["identity_kind"], sex=person["sex"],
        registered_at=at, registered_by_id=actor.account_id,
    )  # fmt: skip
    rest = {"name": person["name"], "identity_number": person["identity_number"], "birth_on": person["birth_on"]}
    fill(patient, {**rest, "phone": person.get("phone", "")}, at)
    return patient


def register_patients(patients: Sequence[Patient], *, organisation_id: UUID, actor: Actor, at: datetime) -> None:
    """Register many persons of `new_patient` at one organisation: all, or none. Emits `records.patients.registered`.

    Raises:
        Refused: `identity_number: duplicate` when one of them is registered already.
    """
    if not patients:
        return
    keys = [patient.id for patient in patients]
    try:
        with transaction.atomic():
            store(patients)
            audit.record_patients(actor, "records.patient.registered", keys, organisation_id=organisation_id, at=at)
            outbox.emit("records.patients.registered", patients=[str(key) for key in keys])
    except IntegrityError as error:
        raise _duplicate(error) from error


def fill(patient: Patient, values: Mapping[str, Any], at: datetime) -> None:
    """Put values into their plain forms with their fingerprints, and check the whole. Raises Refused."""
    for field, value in values.items():
        setattr(patient, field, value)
    typed_phone = patient.phone
    patient.name = rules.plain_name(patient.name)
    patient.identity_number = rules.plain_number(patient.identity_number)
    patient.sex, birth_on = rules.complete(
        patient.identity_kind, patient.identity_number, patient.sex, patient.birth_on
    )
    errors = rules.check_patient(
        name=patient.name, identity_kind=patient.identity_kind, identity_number=patient.identity_number,
        phone=typed_phone, sex=patient.sex, birth_on=birth_on, on=day_of(at),
    )  # fmt: skip
    if errors or birth_on is None:
        raise Refused(rules.first_errors(errors, patient.identity_kind, patient.sex, birth_on))
    patient.birth_on = birth_on
    patient.phone = rules.plain_phone(typed_phone)
    patient.name_index = queries.index_name(patient.name)
    patient.identity_index = queries.index_identity(patient.identity_kind, patient.identity_number)
    patient.phone_index = queries.index_phone(patient.phone)


def save_once(patient: Patient) -> None:
    """Save, and turn the database's refusal of a second patient with one document into ours."""
    try:
        with transaction.atomic():
            patient.save()
    except IntegrityError as error:
        raise _duplicate(error) from error


def _duplicate(error: IntegrityError) -> Exception:
    """Our refusal where the database refused a second patient with one document, else its own error."""
    return Refused({"identity_number": "duplicate"}) if "patient_identity_once" in str(error) else error


def admit_patient(
    *,
    organisation_id: UUID,
    name: str,
    identity_kind: str,
    identity_number: str,
    paper_file_id: UUID,
    until: datetime,
    actor: Actor,
    at: datetime,
) -> Patient:
    """Open the record of a person registered elsewhere to an organisation: the person stands there with the
    identity card and signs. Number and name must both fit. The consent is told to the patient.

    Raises:
        NotAllowed, Refused: `identity_number: no_match`, or what `give_consent` refuses.
    """
    if not may(actor, access.REGISTER, organisation_id):
        raise NotAllowed(access.REGISTER)
    patient = queries.get_by_identity(identity_kind, identity_number)
    if patient is None or bytes(patient.name_index) != queries.index_name(name):
        access.note_search(actor, [], ["admission"])
        raise Refused({"identity_number": "no_match"})
    give_consent(
        patient, scope=HEALTH, purpose="treatment", until=until, organisation_id=organisation_id,
        paper_file_id=paper_file_id, actor=actor, at=at,
    )  # fmt: skip
    return patient


def correct_patient(
    patient: Patient, changes: Mapping[str, Any], *, reason: str, actor: Actor, at: datetime
) -> Patient:
    """Correct fields of a patient's data and keep what stood there. Emits `records.patient.corrected`.

    `patient` was loaded by `access_patient(actor, id, to="write")`. Patients and guardians correct their phone
    number themselves; the rest is corrected by staff who saw the document.

    Raises:
        Refused: by field.
    """
    allowed = correctable(actor, patient)
    errors = {field: "not_self" for field in changes if field not in allowed}
    if errors:
        raise Refused(errors)
    with transaction.atomic():
        held = Patient.objects.select_for_update().get(id=patient.id)
        before = {field: getattr(held, field) for field in changes}
        fill(held, changes, at)
        changed = [field for field in changes if getattr(held, field) != before[field]]
        if changed:
            held.version += 1
            save_once(held)
            keep_corrections(held, {field: before[field] for field in changed}, reason, actor, at)
            note(held, "corrected", actor, at, {"fields": changed})
    return held


def correctable(actor: Actor, patient: Patient) -> frozenset[str]:
    """The fields this actor may correct: all for staff of the patient's organisation, the phone for the patient."""
    return frozenset(CORRECTABLE) if may(actor, access.WRITE, patient.organisation_id) else rules.SELF_CORRECTABLE


def keep_corrections(patient: Patient, before: Mapping[str, Any], reason: str, actor: Actor, at: datetime) -> None:
    """One row per corrected field."""
    for field, value in before.items():
        PatientCorrection.objects.create(
            patient=patient, version=patient.version, field=field, before=str(value or ""),
            after=str(getattr(patient, field) or ""), reason=reason, actor_id=actor.account_id, at=at,
        )  # fmt: skip


def link_account(patient: Patient, account_id: UUID, *, actor: Actor, at: datetime) -> Patient:
    """Give a patient their own log-in, under the record's name. Staff do it, with the person present. A second time
    changes nothing.

    Raises:
        NotAllowed: the actor may not manage this. Refused: `account` is not a patient's, or taken.
    """
    if not may(actor, access.GUARDIANS, patient.organisation_id):
        raise NotAllowed(access.GUARDIANS)
    check_account(account_id)
    with transaction.atomic():
        held = Patient.objects.select_for_update().get(id=patient.id)
        if held.account_id == account_id:
            return held
        taken = Patient.objects.filter(account_id=account_id, retired_at=None).exists()
        if held.account_id is not None or taken:
            raise Refused({"account": "already_linked"})
        held.account_id = account_id
        held.save(update_fields=["account"])
        name_patient(account_id, held.name)
        note(held, "linked", actor, at, {"account": str(account_id)})
    return held


def unlink_account(patient: Patient, *, actor: Actor, at: datetime) -> None:
    """Take a person's own log-in away, from whichever record of theirs has it: the number was wrong, or is another's
    now. The next request sees nothing. A second time changes nothing.

    Raises:
        NotAllowed: the actor may not manage this.
    """
    if not may(actor, access.GUARDIANS, patient.organisation_id):
        raise NotAllowed(access.GUARDIANS)
    with transaction.atomic():
        records = Patient.objects.select_for_update().filter(id__in=patient.person_ids, account__isnull=False)
        for held in records.order_by("id"):
            left, held.account_id = held.account_id, None
            held.save(update_fields=["account"])
            note(held, "unlinked", actor, at, {"account": str(left)})


def check_account(account_id: UUID) -> None:
    """Only an active account of a patient or family member stands for a patient. Raises Refused."""
    if not Account.objects.filter(id=account_id, kind="patient", is_active=True).exists():
        raise Refused({"account": "unknown_choice"})


def add_guardian(
    patient: Patient, account_id: UUID, relation: str, *, actor: Actor, at: datetime, name: str = ""
) -> Guardian:
    """Let an account act for a patient; `patient` was loaded with `to="guardians"`. `name` is for an account that has
    none yet. Emits `records.guardian.added`.

    Raises:
        Refused: `account` or `relation`.
    """
    if relation not in Relation.values:
        raise Refused({"relation": "unknown_choice"})
    check_account(account_id)
    if account_id in patient.own_accounts:
        raise Refused({"account": "own_guardian"})
    with transaction.atomic():
        Patient.objects.select_for_update().get(id=patient.id)
        if Guardian.objects.filter(patient=patient, account_id=account_id, until=None).exists():
            raise Refused({"account": "already_guardian"})
        name_patient(account_id, name)
        guardian = Guardian.objects.create(
            patient=patient, account_id=account_id, relation=relation, since=at, added_by_id=actor.account_id
        )
        note_guardian(guardian, "added", actor, at)
    return guardian


def end_guardian(patient: Patient, account_id: UUID, *, actor: Actor, at: datetime) -> None:
    """End what `add_guardian` began; their next request sees nothing. A second time changes nothing."""
    with transaction.atomic():
        held = Guardian.objects.select_for_update().filter(patient=patient, account_id=account_id, until=None).first()
        if held is None:
            return
        held.until, held.ended_by_id = at, actor.account_id
        held.save(update_fields=["until", "ended_by"])
        note_guardian(held, "ended", actor, at)


def note(patient: Patient, what: str, actor: Actor, at: datetime, data: dict[str, Any] | None = None) -> None:
    """Audit entry and event, in the caller's transaction."""
    audit.record(
        actor, f"records.patient.{what}", subject_kind="patient", subject_id=patient.id, patient_id=patient.id,
        organisation_id=patient.organisation_id, data=data, at=at,
    )  # fmt: skip
    outbox.emit(f"records.patient.{what}", patient=str(patient.id))


def note_guardian(guardian: Guardian, what: str, actor: Actor, at: datetime) -> None:
    """Audit entry and event, in the caller's transaction."""
    audit.record(
        actor, f"records.guardian.{what}", subject_kind="guardian", subject_id=guardian.id,
        patient_id=guardian.patient_id, data={"account": str(guardian.account_id)}, at=at,
    )  # fmt: skip
    outbox.emit(
        f"records.guardian.{what}", patient=str(guardian.patient_id), account=str(guardian.account_id)
    )  # fmt: skip
