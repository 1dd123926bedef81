"""Who may read a document."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.records.consent.queries import Piece, among, readable_cases
from huizhen.records.documents.models import Document
from huizhen.records.documents.queries import documents_of
from huizhen.records.patients.access import ADD, find_ground, is_home, may_do, may_there
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient


def access_document(actor: Actor, document_id: UUID, to: str = "read", *, asked_for: UUID | None = None) -> Document:
    """Load a document to `read` it, to `remove` it or to `arrange` how it is shown, and leave an audit entry.
    `asked_for`: the case it is opened from, whose consent then decides.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but not to be changed by the actor.
    """
    document = Document.objects.select_related("patient", "file").filter(id=document_id, removed_at=None).first()
    at = clock.now()
    ground = None
    if document is not None:
        piece = Piece(document.id, document.case_id, asked_for)
        ground = find_ground(actor, document.patient, "documents", piece, at=at)
    if document is None or ground is None:
        raise NotVisible(document_id)
    if to == "remove" and not may_remove(actor, document):
        raise NotAllowed(ADD)
    if to == "arrange" and not may_arrange(actor, document):
        raise NotAllowed(ADD)
    audit.record(
        actor, f"records.document.{'read' if to == 'arrange' else to}", subject_kind="document", subject_id=document.id,
        patient_id=document.patient_id, case_id=document.case_id,
        organisation_id=document.patient.organisation_id, data=ground, at=at,
    )  # fmt: skip
    return document


def may_remove(actor: Actor, document: Document) -> bool:
    """Who added it, and the staff of the patient's organisation."""
    return document.uploaded_by_id == actor.account_id or may_there(actor, document.patient, ADD)


def may_arrange(actor: Actor, document: Document) -> bool:
    """Whoever may add a photograph to the record may say how it is shown."""
    return may_do(actor, document.patient, "add", at=clock.now())


def list_documents(actor: Actor, patient: Patient, *, case_id: UUID | None = None) -> list[Document]:
    """The documents of a patient that the actor may read, the latest first; those of one case with `case_id`.

    `patient` was loaded by `access_patient`, which left the audit entry of the list. Titles are health data.
    """
    found = documents_of(patient.person_ids)
    if case_id is not None:
        found = found.filter(case_id=case_id)
    if is_home(actor, patient):
        return list(found)
    if case_id is None and find_further(actor, patient, at=clock.now()):
        return list(found)
    everything, cases = readable_cases(actor, patient.person_ids, "documents", at=clock.now())
    if everything:
        return list(found)
    return list(found.filter(among("documents", cases))) if cases else []
