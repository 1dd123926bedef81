"""How far tubes have come, in the caller's transaction: what others write and tell through here while they work."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from huizhen.kernel import outbox
from huizhen.kernel.statements import ask
from huizhen.lab.specimens.models import Reason, TestOrder, TubePerson

# Who tests a tube holds it in the hand: a receipt that nobody scanned is made up for.
TESTED = """
UPDATE lab_tube SET tested_at = %s, received_at = coalesce(received_at, %s) WHERE id = ANY(%s) AND tested_at IS NULL
"""
RELEASED = "UPDATE lab_tube SET released_at = %s WHERE id = ANY(%s) AND released_at IS NULL"


def tell_received(laboratory_id: UUID, barcodes: Sequence[str]) -> None:
    """Emit `lab.specimens.received`: a laboratory has these tubes and can test them. In the caller's transaction."""
    if barcodes:
        outbox.emit("lab.specimens.received", laboratory=str(laboratory_id), barcodes=sorted(barcodes))


def mark_tested(tube_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that a first result of these tubes has come."""
    if tube_ids:
        ask(TESTED, [at, at, sorted(tube_ids)])


def mark_released(tube_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that these tubes' results are visible to their persons."""
    if tube_ids:
        ask(RELEASED, [at, sorted(tube_ids)])


def order_retests(tube_ids: Sequence[UUID], panel_id: int, *, at: datetime) -> list[UUID]:
    """Order a single re-test for everybody in these mixed tubes, once however often it is asked; returns whom."""
    persons = TubePerson.objects.filter(tube_id__in=list(tube_ids)).order_by("tube", "seat")
    orders = [
        TestOrder(
            patient_id=person.patient_id, panel_id=panel_id, reason=Reason.RETEST, because_of_id=person.tube_id,
            ordered_at=at,
        )
        for person in persons
    ]  # fmt: skip
    TestOrder.objects.bulk_create(orders, ignore_conflicts=True)
    return [order.patient_id for order in orders if order.patient_id]
