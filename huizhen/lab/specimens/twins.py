"""Tubes that hold a specimen of the same person, taken at about the same time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from huizhen.kernel.statements import ask

# Whatever laboratory they are of, and under whichever of a person's joined records they were registered: it is one
# person. `replaces` of the record that remains names all the others.
TWINS = """
SELECT DISTINCT a.id, b.id, b.collected_at - a.collected_at
  FROM lab_tube a JOIN lab_tubeperson p ON p.tube_id = a.id
  JOIN records_patient r ON r.id = p.patient_id
  LEFT JOIN records_patient whole ON whole.id = r.replaced_by_id
 CROSS JOIN LATERAL unnest(coalesce(whole.id, r.id) || coalesce(whole.replaces, r.replaces)) AS record(id)
  JOIN lab_tubeperson q ON q.patient_id = record.id AND q.tube_id <> p.tube_id
  JOIN lab_tube b ON b.id = q.tube_id
 WHERE a.id = ANY(%s) AND b.voided_at IS NULL
   AND b.collected_at BETWEEN a.collected_at - %s AND a.collected_at + %s
"""


def list_twins(tube_ids: Iterable[UUID], within: timedelta) -> dict[UUID, dict[UUID, timedelta]]:
    """For each of these tubes the others, not given up, that hold a specimen of one of its persons collected within
    this time of its own: tube → how far apart."""
    found: dict[UUID, dict[UUID, timedelta]] = defaultdict(dict)
    for tube_id, other_id, apart in ask(TWINS, [list(tube_ids), within, within]):
        found[tube_id][other_id] = abs(apart)
    return found
