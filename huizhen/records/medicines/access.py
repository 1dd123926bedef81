"""Who reads and corrects medicines: they belong to the record, and open as its documents that belong to no case."""

from uuid import UUID

from huizhen.kernel import audit, clock
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.records.consent.queries import Piece, is_permitted
from huizhen.records.medicines.models import Medicine
from huizhen.records.medicines.queries import in_order, medicines_of
from huizhen.records.patients.access import ADD, find_ground, is_home, may_there
from huizhen.records.patients.grounds import find_further
from huizhen.records.patients.models import Patient

SCOPE = "documents"  # of a consent


def access_medicine(actor: Actor, medicine_id: UUID, to: str = "read", *, asked_for: UUID | None = None) -> Medicine:
    """Load a medicine to `read` or to `correct` it, and leave an audit entry; also one entered by mistake.
    `asked_for`: the case it is opened from, whose consent then decides.

    Raises:
        NotVisible: there is none, or not for this actor. NotAllowed: seen, but not to be corrected by the actor.
    """
    found = Medicine.objects.select_related("patient__replaced_by", "recorded_by").filter(id=medicine_id).first()
    at = clock.now()
    ground = find_ground(actor, found.patient, SCOPE, Piece(None, None, asked_for), at=at) if found else None
    if found is None or ground is None:
        raise NotVisible(medicine_id)
    if to == "correct" and not may_correct(actor, found):
        raise NotAllowed(ADD)
    audit.record(
        actor, "records.medicine.read", subject_kind="medicine", subject_id=found.id, patient_id=found.patient_id,
        organisation_id=found.patient.organisation_id, data=ground, at=at,
    )  # fmt: skip
    return found


def may_correct(actor: Actor, medicine: Medicine) -> bool:
    """Who wrote it down, and the staff of the patient's organisation."""
    return medicine.recorded_by_id == actor.account_id or may_there(actor, medicine.patient, ADD)


def list_medicines(actor: Actor, patient: Patient) -> list[Medicine]:
    """The medicines that the actor may read, those taken now first.

    `patient` was loaded by an `access_…`, which left the audit entry.
    """
    at = clock.now()
    opened = (
        is_home(actor, patient)
        or is_permitted(actor, patient.person_ids, SCOPE, at=at)
        or find_further(actor, patient, at=at)
    )
    return in_order(medicines_of(patient.person_ids)) if opened else []
