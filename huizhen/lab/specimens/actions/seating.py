"""Who is in a tube and what is ordered for it, in the caller's transaction: the same for a tube that a phone sent, one
whose barcode was taken, and one that was mixed in the laboratory."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from huizhen.kernel.statements import store
from huizhen.lab.specimens.models import Reason, TestOrder, Tube, TubePerson
from huizhen.lab.specimens.queries import person_key


def seat(
    tube: Tube, patient_ids: Sequence[UUID], panel_ids: Iterable[int], *, at: datetime, doctor_id: UUID | None = None
) -> None:
    """Seat these patients in a tube that was just stored, in this order, and order these panels for it."""
    store([
        TubePerson(tube=tube, patient_id=patient_id, person=person_key(patient_id), seat=number)
        for number, patient_id in enumerate(patient_ids, 1)
    ])  # fmt: skip
    reason = Reason.DOCTOR if doctor_id else Reason.CAMPAIGN
    store([
        TestOrder(tube=tube, panel_id=key, reason=reason, doctor_id=doctor_id, ordered_at=at) for key in panel_ids
    ])  # fmt: skip
