"""The figures: one statement each, over the cases of a span that somebody may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from huizhen.kernel.flow.queries import list_timeline
from huizhen.people.organisations.queries import get_names, hospital_of

# Every statement begins with the same cases: `mine`.
MINE = """
WITH mine AS (
    SELECT c.*, a.id AS application_id, a.specialty_id FROM kernel_case c
      JOIN consult_application a ON a.case_id = c.id
     WHERE c.opened_at >= %(since)s AND c.opened_at < %(until)s
       AND (c.organisation_id = ANY (%(places)s::uuid[]) OR c.team_organisation_id = ANY (%(places)s::uuid[]))
)
"""
TOTALS = """
SELECT count(*), count(*) FILTER (WHERE urgency = 'urgent'), count(*) FILTER (WHERE closed_at IS NULL),
       count(*) FILTER (WHERE closed_at IS NULL AND late_since IS NOT NULL) FROM mine
"""
BY_DAY = """
SELECT (opened_at AT TIME ZONE 'Asia/Shanghai')::date, count(*), count(*) FILTER (WHERE urgency = 'urgent')
  FROM mine GROUP BY 1 ORDER BY 1
"""
BY_PLACE = """
SELECT organisation_id, count(*), count(*) FILTER (WHERE urgency = 'urgent') FROM mine GROUP BY 1 ORDER BY 2 DESC
"""
BY_SPECIALTY = """
SELECT specialty_id, count(*), count(*) FILTER (WHERE urgency = 'urgent')
  FROM mine GROUP BY 1 ORDER BY 2 DESC, 1
"""
OUTCOME = "SELECT state, count(*) FROM mine GROUP BY 1 ORDER BY 2 DESC, 1"
# A state's clock begins at the very moment its entry was written; the clocks of the persons within it are not counted.
# Promised is what the clock was started with, or measured anew with when the case was hurried: an extension moves
# `due_at` alone. Late is what passed even the moved date; what still runs is measured at the end of the span or now.
STATES = """
, spell AS (
    SELECT e.to_state AS state, d.started_at, d.due_at, coalesce(d.ended_at, %(at)s) AS ended_at,
           d.account @> '[{"what": "extend"}]' AS extended,
           (SELECT (told ->> 'due')::timestamptz FROM jsonb_array_elements(d.account) WITH ORDINALITY AS a (told, place)
             WHERE told ->> 'what' IN ('start', 'urgency') ORDER BY place DESC LIMIT 1) AS promised_at
      FROM mine m
      JOIN kernel_casedeadline d ON d.case_id = m.id AND d.name = 'state'
      JOIN LATERAL (
        SELECT e.to_state FROM kernel_caseevent e
         WHERE e.case_id = m.id AND e.at <= d.started_at ORDER BY e.number DESC LIMIT 1) e ON true
)
SELECT state, count(*),
       (extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY ended_at - started_at)) / 60)::float8,
       (extract(epoch FROM percentile_cont(0.9) WITHIN GROUP (ORDER BY ended_at - started_at)) / 60)::float8,
       (extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY promised_at - started_at)) / 60)::float8,
       count(*) FILTER (WHERE ended_at > due_at), count(*) FILTER (WHERE extended)
  FROM spell GROUP BY 1
"""
EXPERTS = """
SELECT i.expert_id, count(*), count(*) FILTER (WHERE i.state = 'accepted'),
       count(*) FILTER (WHERE i.state = 'declined'),
       count(*) FILTER (WHERE i.state = 'expired'),
       count(*) FILTER (WHERE i.state = 'accepted' AND m.closed_at IS NULL),
       (extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY i.answered_at - i.invited_at)
          FILTER (WHERE i.state IN ('accepted', 'declined'))) / 60)::float8
  FROM mine m JOIN consult_invitation i ON i.application_id = m.application_id AND i.state <> 'queued'
 GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1
"""
DELAYS = """
SELECT m.id, c.patient_id, m.number, e.number, e.to_state, e.at FROM mine m JOIN kernel_case c ON c.id = m.id
  JOIN kernel_caseevent e ON e.case_id = m.id AND e.kind LIKE '%%.extended' ORDER BY e.at DESC LIMIT 15
"""
MONEY = """
SELECT k.asking_id, k.answering_id, count(DISTINCT u.case_id), sum(u.fee_fen)::bigint
  FROM mine m JOIN consult_contractuse u ON u.case_id = m.id AND u.released_at IS NULL
  JOIN consult_contract k ON k.id = u.contract_id GROUP BY 1, 2 ORDER BY 4 DESC
"""
# Low: at least one of the three marks is a one or a two. What was written beside the marks stays with the case.
RATINGS = """
SELECT r.by_patient, count(*), avg(r.speed)::float8, avg(r.clarity)::float8, avg(r.use)::float8,
       count(*) FILTER (WHERE least(r.speed, r.clarity, r.use) <= 2)
  FROM mine m JOIN consult_rating r ON r.application_id = m.application_id GROUP BY 1 ORDER BY 1
"""
# The sum of the marks, not their average: departments are added up to their hospital.
RATED_PLACES = """
SELECT m.organisation_id, count(*), sum(r.speed + r.clarity + r.use),
       count(*) FILTER (WHERE least(r.speed, r.clarity, r.use) <= 2)
  FROM mine m JOIN consult_rating r ON r.application_id = m.application_id GROUP BY 1
"""
# One row for each question and answer. The answers are counted of those that were given; `asked` counts them all.
ADVICE = """
SELECT told.what, told.answer, count(*)
  FROM mine m JOIN consult_followup f ON f.application_id = m.application_id
  CROSS JOIN LATERAL (VALUES
    ('asked', CASE WHEN f.recorded_at IS NOT NULL THEN 'answered' WHEN f.asked_at IS NOT NULL THEN 'silent'
                   ELSE 'not_yet' END),
    ('followed', f.followed), ('course', f.course),
    ('held', CASE f.diagnosis_held WHEN true THEN 'yes' WHEN false THEN 'no' ELSE 'unknown' END)
  ) AS told (what, answer)
 WHERE told.what = 'asked' OR f.recorded_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""


@dataclass(frozen=True)
class Spell:
    """How long cases stayed in a state, in minutes: the middle and the slowest tenth, beside the promise."""

    state: str
    times: int
    middle: float
    slow: float
    promise: float
    late: int
    extended: int


@dataclass(frozen=True)
class Delay:
    """A deadline that was moved, and the reason that was sent."""

    case_id: UUID
    patient_id: UUID | None
    number: str
    state: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Rated:
    """What one side said: each mark's average of one to five, and how many gave a one or a two."""

    by_patient: bool
    times: int
    speed: float
    clarity: float
    use: float
    low: int


@dataclass(frozen=True)
class RatedPlace:
    """What was said, by either side, at one hospital: the average of all marks, and how many gave a one or a two."""

    place: UUID
    times: int
    average: float
    low: int


@dataclass(frozen=True)
class Figures:
    """Everything the overview shows. Counts are (key, all, urgent). `advice`: to each question (`asked`, `followed`,
    `course`, `held`) the answers with their counts."""

    total: int
    urgent: int
    open: int
    late: int
    days: list[tuple[Any, int, int]]
    places: list[tuple[UUID, int, int]]
    specialties: list[tuple[str, int, int]]
    outcome: list[tuple[str, int]]
    states: list[Spell]
    experts: list[tuple[Any, ...]]
    money: list[tuple[Any, ...]]
    delays: list[Delay]
    ratings: list[Rated]
    rated_places: list[RatedPlace]
    advice: dict[str, list[tuple[str, int]]]


def get_figures(places: tuple[UUID, ...], since: datetime, until: datetime, *, at: datetime) -> Figures:
    """The figures of the cases opened in a span, at or for these organisations."""
    values: dict[str, Any] = {"places": list(places), "since": since, "until": until, "at": at}

    def ask(statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(MINE + statement, values)
            return cursor.fetchall()

    [(total, urgent, still_open, late)] = ask(TOTALS)
    return Figures(
        total, urgent, still_open, late, ask(BY_DAY), _by_hospital(ask(BY_PLACE)), ask(BY_SPECIALTY), ask(OUTCOME),
        [Spell(*row) for row in ask(STATES)],
        ask(EXPERTS), ask(MONEY), _delays(ask(DELAYS)),
        [Rated(*row) for row in ask(RATINGS)], _rated_by_hospital(ask(RATED_PLACES)), _by_question(ask(ADVICE)),
    )  # fmt: skip


def _by_hospital(rows: list[Any]) -> list[tuple[UUID, int, int]]:
    """Departments count for their hospital."""
    found: dict[UUID, tuple[int, int]] = {}
    for place, cases, urgent in rows:
        key = hospital_of(place) or place
        before = found.get(key, (0, 0))
        found[key] = (before[0] + cases, before[1] + urgent)
    return sorted(((key, *counts) for key, counts in found.items()), key=lambda row: -row[1])


def _rated_by_hospital(rows: list[Any]) -> list[RatedPlace]:
    """The same for ratings, the most rated first."""
    found: dict[UUID, tuple[int, int, int]] = {}
    for place, times, marks, low in rows:
        key = hospital_of(place) or place
        before = found.get(key, (0, 0, 0))
        found[key] = (before[0] + times, before[1] + marks, before[2] + low)
    made = [RatedPlace(key, times, marks / times / 3, low) for key, (times, marks, low) in found.items()]
    return sorted(made, key=lambda one: -one.times)


def _by_question(rows: list[Any]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {"asked": [], "followed": [], "course": [], "held": []}
    for what, answer, times in rows:
        found[what].append((answer, times))
    return found


def _delays(rows: list[Any]) -> list[Delay]:
    found = []
    for case_id, patient_id, number, place, state, at in rows:
        entry = next(iter(list_timeline(case_id, audience="team", after=place - 1, limit=1)), None)
        found.append(Delay(case_id, patient_id, number, state, at, entry.reason if entry else ""))
    return found


def place_names(figures: Figures) -> dict[UUID, str]:
    """The names of every organisation in the figures."""
    keys = [row[0] for row in figures.places] + [key for row in figures.money for key in row[:2]]
    keys += [one.place for one in figures.rated_places]
    return get_names(keys)
