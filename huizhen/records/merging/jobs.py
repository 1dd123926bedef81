"""The timer that looks over all records, once a night: for those that were there before the rules were."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.records.merging import actions, queries

SLICE = 200  # a few seconds: who stops the process waits for no more than the slice under way


@outbox.periodic("records.merging.look", "20 3 * * *", queue=outbox.HEAVY)
def look() -> None:
    """A name that two hospitals wrote on the same day is found here at the latest. In a city many share a name and a
    birthday: they are looked at slice by slice, each a job of its own."""
    repeated = [str(patient_id) for patient_id in queries.list_repeated()]
    for start in range(0, len(repeated), SLICE):
        look_at.defer(patients=repeated[start : start + SLICE])


@outbox.task("records.merging.look_at", queue=outbox.HEAVY)
def look_at(patients: list[str]) -> None:
    """Keep the pairs these people make with others."""
    actions.look_for(map(UUID, patients), at=clock.now())
