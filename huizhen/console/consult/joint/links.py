"""Where the pages of a consultation, and of what belongs to it, lie."""

from uuid import UUID


def case(case_id: UUID) -> str:
    """The page of a consultation."""
    return f"/consult/joint/{case_id}/"


def act(case_id: UUID, name: str) -> str:
    """The page, or the address, of an act on it."""
    return f"/consult/joint/{case_id}/{name.replace('_', '-')}/"


def step(draft_id: UUID | str, name: str) -> str:
    """A step of an application that is being written."""
    return f"/consult/joint/new/{draft_id}/{name}/"


def document(document_id: UUID) -> str:
    """A document of the record."""
    return f"/records/documents/{document_id}/"


def series(series_id: UUID) -> str:
    """The viewer of an imaging series."""
    return f"/records/imaging/{series_id}/"


def thumb(series_id: UUID, count: int) -> str:
    """The middle image of a series of so many, small."""
    return f"/records/imaging/{series_id}/frames/{(count + 1) // 2}.png?window=auto&size=160"


def patient(patient_id: UUID) -> str:
    """The record of a patient."""
    return f"/records/patients/{patient_id}/"


def new_medicine(patient_id: UUID, case_id: UUID) -> str:
    """Where a medicine is written into the record, and back to the consultation."""
    return f"/records/patients/{patient_id}/medicines/new/?case={case_id}"


def verify(code: str) -> str:
    """The public page that verifies a report by its code."""
    return f"/verify/{code}/"
