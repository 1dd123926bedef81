"""Who has to give another specimen: asked to come again when a tube is given up, and off the list when a new one of
theirs is there. All in the caller's transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from huizhen.kernel.statements import ask
from huizhen.lab.specimens.models import Reason, TestOrder, Tube, TubePerson
from huizhen.records.patients.models import Patient

# Whoever collects a new tube and whoever gives the old one up in the same moment would not see each other: one waits
# for the other. Those who collect do not wait for one another.
SHARED = "SELECT id FROM records_patient WHERE id = ANY(%s) ORDER BY id FOR SHARE"
ALONE = "SELECT id FROM records_patient WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def fulfil_retests(tube: Tube, patients: Sequence[Patient], panel_id: int) -> None:
    """The persons came again: what waited for their specimens is taken with this tube. Who is to be tested alone is so
    only by a tube of one; a specimen that was given up is made up for by a mixed tube as well. Whichever of a person's
    records it was ordered for."""
    keys = _keys_of(patients)
    ask(SHARED, [keys])
    waiting = TestOrder.objects.filter(patient_id__in=keys, panel_id=panel_id, fulfilled_by=None)
    if tube.capacity > 1:
        waiting = waiting.filter(reason=Reason.GIVEN_UP)
    waiting.update(fulfilled_by=tube)


def call_again(tubes: Iterable[Tube], *, at: datetime) -> int:
    """Everybody in these tubes, which were given up, has to come again, for what was ordered for them; returns how
    many. Not who is asked for the same already, and not who has given another specimen for it since."""
    causes = {tube.id: tube for tube in tubes}
    seats = list(TubePerson.objects.filter(tube_id__in=causes).select_related("patient__replaced_by").order_by("id"))
    if not seats:
        return 0
    keys = _keys_of(seat.patient for seat in seats)
    ask(ALONE, [keys])
    wanted = list(TestOrder.objects.filter(tube_id__in=causes).values_list("tube_id", "panel_id"))
    asked = _list_asked(keys)
    given = _list_given(keys, since=min(tube.collected_at for tube in causes.values()))
    made = [
        TestOrder(patient_id=seat.patient_id, panel_id=panel_id, reason=Reason.GIVEN_UP, because_of_id=tube_id,
                  ordered_at=at)
        for seat in seats
        for tube_id, panel_id in wanted
        if tube_id == seat.tube_id
        and not any((key, panel_id) in asked for key in seat.patient.person_ids)
        and not any(taken > causes[tube_id].collected_at
                    for key in seat.patient.person_ids for taken in given.get((key, panel_id), ()))
    ]  # fmt: skip
    TestOrder.objects.bulk_create(made, ignore_conflicts=True)
    return len({order.patient_id for order in made})


def _keys_of(patients: Iterable[Patient]) -> list[UUID]:
    """All records of these persons."""
    return [key for patient in patients for key in patient.person_ids]


def _list_asked(patient_ids: Sequence[UUID]) -> set[tuple[UUID, int]]:
    """Who is to come already, and for which panel."""
    found = TestOrder.objects.filter(patient_id__in=patient_ids, fulfilled_by=None, because_of__released_at=None)
    return {(key, panel_id) for key, panel_id in found.values_list("patient_id", "panel_id") if key}


def _list_given(patient_ids: Sequence[UUID], *, since: datetime) -> dict[tuple[UUID, int], list[datetime]]:
    """When these persons gave specimens after that, for which panel, in tubes that stand."""
    found: dict[tuple[UUID, int], list[datetime]] = {}
    rows = TubePerson.objects.filter(patient_id__in=patient_ids, tube__voided_at=None, tube__collected_at__gt=since)
    for key, panel_id, taken in rows.values_list("patient_id", "tube__orders__panel_id", "tube__collected_at"):
        found.setdefault((key, panel_id), []).append(taken)
    return found
