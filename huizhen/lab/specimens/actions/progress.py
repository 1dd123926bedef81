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
# A box was opened, and one of its tubes was registered only then. A tube of another laboratory is not received here.
LATE = """
UPDATE lab_tube t SET received_at = u.at, box_id = u.box_id
  FROM (SELECT DISTINCT ON (s.barcode, b.laboratory_id) s.barcode, s.at, s.box_id, b.laboratory_id
          FROM lab_unknownscan s JOIN lab_box b ON b.id = s.box_id
         WHERE %s::text[] IS NULL OR s.barcode = ANY(%s::text[])
         ORDER BY s.barcode, b.laboratory_id, s.at) u
 WHERE t.barcode = u.barcode AND t.laboratory_id = u.laboratory_id AND t.received_at IS NULL AND t.voided_at IS NULL
RETURNING t.laboratory_id, t.barcode
"""
# With a mixed tube its single tubes are through: their persons have its result.
RELEASED = """
WITH whole AS (UPDATE lab_tube SET released_at = %s WHERE id = ANY(%s) AND released_at IS NULL RETURNING id, capacity)
UPDATE lab_tube s SET released_at = %s FROM whole w
 WHERE w.capacity > 1 AND s.part_of_id = w.id AND s.part_of_id IS NOT NULL AND s.released_at IS NULL
   AND s.voided_at IS NULL
"""
# With a mixed tube its single tubes wait again, as far as they had come only with it.
WAITING_AGAIN = """
WITH whole AS (UPDATE lab_tube t SET released_at = NULL
                 FROM (SELECT id, released_at FROM lab_tube
                        WHERE id = ANY(%s) AND capacity > 1 AND released_at IS NOT NULL) was
                WHERE t.id = was.id RETURNING t.id, was.released_at)
UPDATE lab_tube s SET released_at = NULL FROM whole w
 WHERE s.part_of_id = w.id AND s.released_at = w.released_at AND s.tested_at IS NULL
"""
# Who was mixed in from a tube that still stands here is tested from that: nobody has to come again for it.
FROM_SINGLES = """
UPDATE lab_testorder o SET fulfilled_by_id = s.id
  FROM lab_tube s JOIN lab_tubeperson p ON p.tube_id = s.id
 WHERE o.because_of_id = ANY(%s) AND o.panel_id = %s AND o.fulfilled_by_id IS NULL
   AND s.part_of_id = o.because_of_id AND s.voided_at IS NULL AND p.patient_id = o.patient_id
RETURNING s.laboratory_id, s.barcode, s.tested_at IS NULL
"""


def tell_received(laboratory_id: UUID, barcodes: Sequence[str]) -> None:
    """Emit `lab.specimens.received`: a laboratory has these tubes and can test them. In the caller's transaction."""
    if barcodes:
        outbox.emit("lab.specimens.received", laboratory=str(laboratory_id), barcodes=sorted(barcodes))


def tell_called_off(laboratory_id: UUID, barcodes: Sequence[str]) -> None:
    """Emit `lab.specimens.called_off`: under these barcodes a laboratory tests nothing any more, at least not by
    themselves. In the caller's transaction."""
    if barcodes:
        outbox.emit("lab.specimens.called_off", laboratory=str(laboratory_id), barcodes=sorted(barcodes))


def receive_late(barcodes: Sequence[str] | None = None) -> list[str]:
    """Note the receipt of tubes that came in a box before anybody had registered them: as of the moment of the scan, in
    that box. Of these barcodes, or of all; in the caller's transaction. Emits `lab.specimens.received`, so that their
    orders are sent; the exception about the unknown barcode closes by itself. Returns which."""
    found: dict[UUID, list[str]] = {}
    for laboratory_id, barcode in ask(LATE, [barcodes, barcodes]):
        found.setdefault(laboratory_id, []).append(barcode)
    for laboratory_id, came in found.items():
        tell_received(laboratory_id, came)
    return sorted(barcode for came in found.values() for barcode in came)


def mark_tested(tube_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that a first result of these tubes has come."""
    if tube_ids:
        ask(TESTED, [at, at, sorted(tube_ids)])


def mark_released(tube_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that these tubes' results are visible to their persons."""
    if tube_ids:
        ask(RELEASED, [at, sorted(tube_ids), at])


def mark_waiting_again(tube_ids: Sequence[UUID]) -> None:
    """Note that something of these mixed tubes is withheld, although they were released: their persons wait again."""
    if tube_ids:
        ask(WAITING_AGAIN, [sorted(tube_ids)])


def order_retests(tube_ids: Sequence[UUID], panel_id: int, *, at: datetime) -> list[UUID]:
    """Order a single re-test for everybody in these mixed tubes, once however often it is asked; returns whom. Where
    somebody's own tube was mixed in and still stands here, it takes the re-test: emits `lab.specimens.received` for
    it, so that its orders are sent."""
    persons = TubePerson.objects.filter(tube_id__in=list(tube_ids)).order_by("tube", "seat")
    orders = [
        TestOrder(
            patient_id=person.patient_id, panel_id=panel_id, reason=Reason.RETEST, because_of_id=person.tube_id,
            ordered_at=at,
        )
        for person in persons
    ]  # fmt: skip
    TestOrder.objects.bulk_create(orders, ignore_conflicts=True)
    standing: dict[UUID, list[str]] = {}
    for laboratory_id, barcode, is_untested in ask(FROM_SINGLES, [list(tube_ids), panel_id]):
        if is_untested:
            standing.setdefault(laboratory_id, []).append(barcode)
    for laboratory_id, barcodes in standing.items():
        tell_received(laboratory_id, barcodes)
    return [order.patient_id for order in orders if order.patient_id]
