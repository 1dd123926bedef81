"""Making results visible or keeping them back, in the caller's transaction: one statement for a batch, all persons of
a tube at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from huizhen.kernel import outbox, pulse
from huizhen.kernel.statements import ask
from huizhen.lab.catalogue.queries import load_catalogue
from huizhen.lab.results.models import Observation
from huizhen.lab.specimens.actions import mark_released, mark_waiting_again, order_retests

CHANNEL = "lab:released"  # beaten when something became visible
# The tube's rows were locked by `resolve_locked`: nobody takes a seat between this and the tube's mark.
VISIBLE = """
INSERT INTO lab_released (person, series, item, finding, version, collected_at, released_at)
SELECT p.person, o.series, o.item_id, o.finding, o.version, t.collected_at, %s
  FROM lab_observation o
  JOIN lab_tube t ON t.id = o.tube_id
  JOIN lab_tubeperson p ON p.tube_id = o.tube_id
 WHERE o.id = ANY(%s)
"""
MISSING = """
INSERT INTO lab_released (person, series, item, finding, version, collected_at, released_at)
SELECT p.person, o.series, o.item_id, o.finding, o.version, t.collected_at, %s
  FROM lab_observation o
  JOIN lab_tube t ON t.id = o.tube_id
  JOIN lab_tubeperson p ON p.tube_id = o.tube_id
 WHERE o.id = %s AND o.status = 'released'
   AND NOT EXISTS (SELECT 1 FROM lab_released r
                    WHERE r.person = p.person AND r.series = o.series AND r.version = o.version)
"""
# What another version has taken the place of waits for nothing.
FINISHED = """
SELECT o.tube_id FROM lab_observation o WHERE o.tube_id = ANY(%s)
 GROUP BY o.tube_id HAVING NOT bool_or(o.status IN ('review', 'withheld') AND NOT EXISTS (
           SELECT 1 FROM lab_observation n WHERE n.series = o.series AND n.version > o.version))
"""


def make_visible(observations: Sequence[Observation], *, at: datetime) -> None:
    """Write the narrow rows of released observations, and mark tubes that have nothing left to wait for."""
    if not observations:
        return
    ask(VISIBLE, [at, [row.id for row in observations]])
    finished: list[UUID] = [row[0] for row in ask(FINISHED, [sorted({row.tube_id for row in observations})])]
    mark_released(finished, at=at)
    pulse.beat((CHANNEL, int(at.timestamp() * 1000)))


def withhold(observations: Sequence[Observation], *, at: datetime) -> None:
    """Order single re-tests for everybody in the tubes of these observations, which are withheld. Emits
    `lab.results.withheld` once."""
    if not observations:
        return
    tubes: dict[int, set[UUID]] = {}
    for row in observations:
        tubes.setdefault(row.item_id, set()).add(row.tube_id)
    every = sorted({key for found in tubes.values() for key in found})
    mark_waiting_again(every)
    tests = load_catalogue().tests
    for item_id, found in tubes.items():
        order_retests(sorted(found), tests[item_id].panel, at=at)
    outbox.emit("lab.results.withheld", tubes=[str(key) for key in every])


def show_again(observation_id: UUID, *, at: datetime) -> None:
    """Write the narrow rows of a released observation that are missing; those that are there stay."""
    ask(MISSING, [at, observation_id])
    pulse.beat((CHANNEL, int(at.timestamp() * 1000)))
