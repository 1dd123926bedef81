"""The experts worth weighing, straight from the tables: one statement over all experts, however many."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

SHORTLIST = 60

# Who holds the very specialty fits wholly, who holds one above or below it less. Refusals as “not my field” lower it,
# as in `rules.ranking`; experience and nearness only choose who is weighed.
FIND = """
WITH wanted (code, share) AS (SELECT * FROM unnest(%(codes)s::text[], %(shares)s::float8[])),
near AS (
    SELECT o.id, (SELECT count(*) FROM unnest(%(around)s::uuid[]) a WHERE a = ANY (o.path))::float8
               / greatest(cardinality(%(around)s::uuid[]), 1) AS near
      FROM people_organisation o
),
fit AS (
    SELECT p.id, p.account_id, p.organisation_id, p.weekly_limit, p.subspecialty, best.code, best.fit
      FROM people_practitioner p
      JOIN LATERAL (
        SELECT w.code, w.share * CASE WHEN s.specialty_id = w.code THEN 1.0
                                      WHEN starts_with(s.specialty_id, w.code || '.') THEN 0.85
                                      ELSE 0.5 END AS fit
          FROM people_practitionerspecialty s
          JOIN wanted w ON s.specialty_id = w.code OR starts_with(s.specialty_id, w.code || '.')
                        OR starts_with(w.code, s.specialty_id || '.')
         WHERE s.practitioner_id = p.id
         ORDER BY 2 DESC LIMIT 1) best ON true
     WHERE p.accepting
       AND (p.licence_valid_from IS NULL OR p.licence_valid_from <= %(on)s)
       AND (p.licence_valid_until IS NULL OR p.licence_valid_until >= %(on)s)
       AND p.account_id <> ALL (%(leave_out)s::uuid[])
       AND EXISTS (SELECT 1 FROM people_membership m
                    WHERE m.account_id = p.account_id AND m.role = 'expert' AND m.until IS NULL)
       AND EXISTS (SELECT 1 FROM people_account a WHERE a.id = p.account_id AND a.is_active)
)
SELECT f.account_id, f.code, f.fit, f.subspecialty, f.weekly_limit, f.organisation_id, near.near,
       coalesce(known.cases, 0), known.key, coalesce(unfit.cases, 0), pace.answers_in
  FROM fit f
  JOIN near ON near.id = f.organisation_id
  LEFT JOIN LATERAL (
    SELECT e.key, e.cases FROM consult_experience e
     WHERE e.expert_id = f.account_id AND e.sort = 'topic' AND e.key = ANY (%(topics)s)
     ORDER BY array_position(%(topics)s, e.key::text), e.cases DESC LIMIT 1) known ON true
  LEFT JOIN consult_experience unfit
    ON unfit.expert_id = f.account_id AND unfit.sort = 'unfit' AND unfit.key = f.code
  LEFT JOIN consult_pace pace ON pace.expert_id = f.account_id
 ORDER BY f.fit / (1 + coalesce(unfit.cases, 0) / 2.0) * 46 + ln(1 + coalesce(known.cases, 0)) * 3.8
          + near.near * 8 DESC, f.account_id
 LIMIT %(most)s
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
    with connection.cursor() as cursor:
        cursor.execute(
            FIND,
            {
                "codes": [code for code, _share in wanted], "shares": [share for _code, share in wanted],
                "topics": list(topics), "around": list(around), "leave_out": list(leave_out), "on": on, "most": most,
            },
        )  # fmt: skip
        return cursor.fetchall()
