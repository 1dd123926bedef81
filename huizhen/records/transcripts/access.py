"""Who may see and confirm a transcript: who may see the document, and who may add to the record."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.records.documents.access import access_document, list_documents
from huizhen.records.documents.models import Document
from huizhen.records.patients.access import ADD, find_ground, may_do
from huizhen.records.patients.models import Patient
from huizhen.records.transcripts.models import Transcript
from huizhen.records.transcripts.queries import find_documents, get_transcript


def access_transcript(
    actor: Actor, document_id: UUID, to: str = "read", *, asked_for: UUID | None = None
) -> Transcript:
    """Load the transcript of a document to `read` or to `confirm` it. The look at the document is in the audit.
    `asked_for`: as of the document.

    Raises:
        NotVisible: no such document or transcript, or not for this actor. NotAllowed: may read and not confirm.
    """
    document = access_document(actor, document_id, asked_for=asked_for)
    transcript = get_transcript(document.id)
    if transcript is None:
        raise NotVisible(document_id)
    if to == "confirm" and not may_confirm(actor, document):
        raise NotAllowed(ADD)
    return transcript


def may_confirm(actor: Actor, document: Document) -> bool:
    """Whoever may add a report may say what stands on it."""
    return may_do(actor, document.patient, "add", at=clock.now())


def search_documents(actor: Actor, patient: Patient, text: str) -> list[Document]:
    """The documents that hold all words of `text` and that the actor may read; one audit entry for the search.

    `patient` was loaded by `access_patient`.
    """
    audit.record(
        actor, "records.document.searched", subject_kind="patient", subject_id=patient.id, patient_id=patient.id,
        organisation_id=patient.organisation_id, data=find_ground(actor, patient, at=clock.now()), at=clock.now(),
    )  # fmt: skip
    found = find_documents(patient.person_ids, text)
    return [document for document in list_documents(actor, patient) if document.id in found]
