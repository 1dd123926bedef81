"""Who may take a copy of a record along: the person, who stands for them, and the staff who treat them. Reading on
screen is not enough: an expert asked for an opinion, or a doctor in an emergency, takes nothing away. Bringing in is
adding material, and asks the same permission."""

from datetime import datetime
from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible, grant
from huizhen.records.consent.queries import get_last_end
from huizhen.records.fhir import queries
from huizhen.records.fhir.models import FhirExport, FhirImport, FhirPiece
from huizhen.records.fhir.pieces import list_pieces
from huizhen.records.fhir.rules import IMPERSONAL
from huizhen.records.patients.access import ADD, access_patient, find_ground, is_home, is_host, may_there
from huizhen.records.patients.models import Patient

EXPORT = grant("records:fhir:export", roles=("applicant", "department_head"))


def access_copy(actor: Actor, patient_id: UUID) -> Patient:
    """Load a patient to take a copy of the record; the look is in the audit, the taking is by the action.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: may be read, but not taken along.
    """
    patient = access_patient(actor, patient_id)
    if not may_take(actor, patient):
        raise NotAllowed(EXPORT)
    return patient


def may_take(actor: Actor, patient: Patient) -> bool:
    """Whether the actor may take along what they may read: at home, or host by a consent to their organisation."""
    return is_home(actor, patient, EXPORT) or is_host(actor, patient, at=clock.now())


def access_export(actor: Actor, export_id: UUID, to: str = "read") -> FhirExport:
    """One's own copy, to see how far it is, or to `save` it, which leaves an entry of its own. Asked anew each time: a
    consent that has ended since closes it, also where another one holds.

    Raises:
        NotVisible: there is none, it is over, or it is not this actor's.
    """
    found, at = queries.get_export(export_id), clock.now()
    if found is None or found.asked_by_id != actor.account_id or found.until <= at:
        raise NotVisible(export_id)
    if find_ground(actor, found.patient, at=at) is None or not may_take(actor, found.patient):
        raise NotVisible(export_id)
    if not _hold(actor, found.patient, [found], at=at):
        raise NotVisible(export_id)
    if to == "save":
        if found.file is None:
            raise NotVisible(export_id)
        audit.record(
            actor, "records.fhir.saved", subject_kind="fhir_export", subject_id=found.id, patient_id=found.patient_id,
            organisation_id=found.patient.organisation_id, at=at,
        )  # fmt: skip
    return found


def list_copies(actor: Actor, patient: Patient, *, at: datetime) -> list[FhirExport]:
    """One's own copies that may still be saved, the latest first. `patient` was loaded by `access_copy`."""
    return _hold(actor, patient, queries.list_exports(patient, actor.account_id, at=at), at=at)


def _hold(actor: Actor, patient: Patient, copies: list[FhirExport], *, at: datetime) -> list[FhirExport]:
    """Those that no consent has ended since they were asked for; who needs none keeps all."""
    if not copies or is_home(actor, patient, EXPORT):
        return copies
    last = get_last_end(actor, patient.person_ids, at=at)
    return [one for one in copies if last is None or one.asked_at > last]


def access_import(actor: Actor, import_id: UUID, to: str = "read") -> FhirImport:
    """A bundle on its way into a record, for whoever may add to that record, or to `take_back` what it brought; the
    look is in the audit.

    Raises:
        NotVisible: there is none, or the record is not this actor's to see. NotAllowed: seen, but not to be added to,
        or not theirs to take back.
    """
    found = queries.get_import(import_id)
    if found is None:
        raise NotVisible(import_id)
    access_patient(actor, found.patient_id, to="add")
    if to == "take_back" and not may_take_back(actor, found):
        raise NotAllowed(ADD)
    return found


def may_take_back(actor: Actor, run: FhirImport) -> bool:
    """Who brought it in, and the staff of the patient's organisation: as with documents."""
    return run.confirmed_by_id == actor.account_id or may_there(actor, run.patient, ADD)


def access_piece(actor: Actor, piece_id: UUID) -> FhirPiece:
    """A piece that was brought in, to read it; an audit entry. Files are documents and opened as such.

    Raises:
        NotVisible: there is none, or not for this actor.
    """
    found, at = queries.get_piece(piece_id), clock.now()
    ground = find_ground(actor, found.patient, "documents", at=at) if found and found.kind not in IMPERSONAL else None
    if found is None or ground is None:
        raise NotVisible(piece_id)
    patient = found.patient.replaced_by or found.patient
    if found.document_id is not None or found not in list_pieces(actor, patient, at=at):
        raise NotVisible(piece_id)
    audit.record(
        actor, "records.fhir.read", subject_kind="fhir_piece", subject_id=found.id, patient_id=found.patient_id,
        organisation_id=found.patient.organisation_id, data=ground, at=at,
    )  # fmt: skip
    return found
