"""Looking into a hospital's archive for a patient; each look leaves an audit entry."""

from datetime import datetime

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.records.pacs.models import Pacs
from huizhen.records.pacs.ports import Found
from huizhen.records.pacs.queries import search
from huizhen.records.patients.models import Patient


def search_archive(actor: Actor, pacs: Pacs, patient: Patient, number: str, *, at: datetime) -> list[Found]:
    """Studies under a hospital's patient number, looked for on behalf of `patient`, who was loaded by
    `access_patient(actor, id, to="add")`. Raises ports.Trouble."""
    audit.record(
        actor, "records.pacs.searched", subject_kind="pacs", subject_id=pacs.id, patient_id=patient.id,
        organisation_id=pacs.organisation_id, at=at,
    )  # fmt: skip
    return search(pacs, number)
