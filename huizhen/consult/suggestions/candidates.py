"""The experts worth weighing, straight from the tables: one statement over all experts, however many."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from huizhen.kernel.line import ask

SHORTLIST = 60

# Who holds the very specialty fits wholly, who holds one above or below it less. Refusals as “not my field” lower it,
# as in `rules.ranking`; experience and nearness only choose who is weighed. Each table is read once and joined whole:
# asked expert by expert, five thousand of them take ten times as long.
FIND = """
WITH asked AS MATERIALIZED (
    SELECT %s::text[] AS codes, %s::float8[] AS shares, %s::text[] AS topics, %s::uuid[] AS around,
           %s::uuid[] AS left_out, %s::date AS day
),
fits AS MATERIALIZED (
    SELECT DISTINCT ON (s.code) s.code AS specialty, w.code,
           w.share * CASE WHEN s.code = w.code THEN 1.0 WHEN starts_with(s.code, w.code || '.') THEN 0.85
                          ELSE 0.5 END AS fit
      FROM (SELECT unnest(codes) AS code, unnest(shares) AS share FROM asked) w
      JOIN people_specialty s
        ON s.code = w.code OR starts_with(s.code, w.code || '.') OR starts_with(w.code, s.code || '.')
     ORDER BY s.code, 3 DESC, w.code
),
best AS MATERIALIZED (
    SELECT DISTINCT ON (s.practitioner_id) s.practitioner_id, fits.code, fits.fit
      FROM people_practitionerspecialty s JOIN fits ON fits.specialty = s.specialty_id
     ORDER BY s.practitioner_id, fits.fit DESC, fits.code
),
near AS MATERIALIZED (
    SELECT o.id, (SELECT count(*) FROM unnest(asked.around) step WHERE step = ANY (o.path))::float8
               / greatest(cardinality(asked.around), 1) AS near
      FROM people_organisation o, asked
),
known AS MATERIALIZED (
    SELECT DISTINCT ON (e.expert_id) e.expert_id, e.key, e.cases
      FROM asked, unnest(asked.topics) WITH ORDINALITY AS topic (key, place)
      JOIN consult_experience e ON e.sort = 'topic' AND e.key = topic.key
     ORDER BY e.expert_id, topic.place, e.cases DESC
),
unfit AS MATERIALIZED (
    SELECT e.expert_id, e.key, e.cases
      FROM asked, unnest(asked.codes) AS code JOIN consult_experience e ON e.sort = 'unfit' AND e.key = code
)
SELECT p.account_id, best.code, best.fit, p.subspecialty, p.weekly_limit, p.organisation_id, near.near,
       coalesce(known.cases, 0), known.key, coalesce(unfit.cases, 0), pace.answers_in
  FROM best
  JOIN people_practitioner p ON p.id = best.practitioner_id
  JOIN people_account a ON a.id = p.account_id AND a.is_active
  JOIN near ON near.id = p.organisation_id
  LEFT JOIN known ON known.expert_id = p.account_id
  LEFT JOIN unfit ON unfit.expert_id = p.account_id AND unfit.key = best.code
  LEFT JOIN consult_pace pace ON pace.expert_id = p.account_id
 CROSS JOIN asked
 WHERE p.accepting
   AND (p.licence_valid_from IS NULL OR p.licence_valid_from <= asked.day)
   AND (p.licence_valid_until IS NULL OR p.licence_valid_until >= asked.day)
   AND p.account_id <> ALL (asked.left_out)
   AND EXISTS (SELECT 1 FROM people_membership m
                WHERE m.account_id = p.account_id AND m.role = 'expert' AND m.until IS NULL)
 ORDER BY best.fit / (1 + coalesce(unfit.cases, 0) / 2.0) * 46 + ln(1 + coalesce(known.cases, 0)) * 3.8
          + near.near * 8 DESC, p.account_id
 LIMIT %s
"""


def list_candidates(
    wanted: Sequence[tuple[str, float]],
    *,
    topics: Sequence[str],
    around: Iterable[UUID],
    leave_out: Iterable[UUID],
    on: date,
    most: int = SHORTLIST,
) -> list[tuple[Any, ...]]:
    """The shortlist for specialties with shares (the best one 1). `around`: the asking organisation's path, root first.

    Rows: account, specialty, fit, focus, weekly limit, organisation, near, cases, their topic, refusals, minutes.
    """
    codes, shares = [code for code, _share in wanted], [share for _code, share in wanted]
    return ask(FIND, [codes, shares, list(topics), list(around), list(leave_out), on, most])
