"""A million cases in about two minutes: rows made by the database itself, and only what is sealed by Python.

The triggers that hold a case to its timeline are off while loading (`session_replication_role = replica`), because
they look at every row for itself; they are on in everything that is measured. Every case has the timeline entry
they would ask for.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from bench import people
from huizhen.kernel import clock
from huizhen.kernel.crypto.sealed import SealedText

QUESTION = "右肺上叶结节，是否需要手术？"
SUMMARY = "女，68岁，体检发现右肺上叶磨玻璃结节 12 mm，无发热咳嗽，无吸烟史，肿瘤标志物正常，外院抗炎两周后复查无变化。"

# Who stands where: one row for each hospital doctor, and the patients of that hospital.
PLACES = """
CREATE TEMP TABLE place AS
SELECT row_number() OVER (ORDER BY a.username) - 1 AS n, o.id AS organisation_id, o.parent_id AS centre_id,
       a.id AS applicant_id, e.id AS expert_id
  FROM people_membership m
  JOIN people_account a ON a.id = m.account_id
  JOIN people_organisation o ON o.id = m.organisation_id
  JOIN people_account e ON e.username = replace(a.username, 'applicant', 'expert')
 WHERE m.role = 'applicant'
"""
ILL = """
CREATE TEMP TABLE ill AS
SELECT p.id, p.organisation_id, row_number() OVER (PARTITION BY p.organisation_id ORDER BY p.id) - 1 AS n,
       count(*) OVER (PARTITION BY p.organisation_id) AS all_of_place
  FROM records_patient p
"""
# 15 % open, spread over the states as a busy platform has them; a tenth of the open ones is late. What is open began
# within two weeks, what is closed within three years. Some closed cases are of kinds that other parts will bring.
CASES = """
INSERT INTO kernel_case (id, number, kind, state, urgency, organisation_id, patient_id, owner_id, team,
                         team_organisation_id, opened_at, state_since, due_at, late_since, closed_at, version)
SELECT uuidv7(opened_at - clock_timestamp()), 'B-' || g, kind, state, urgency, place.organisation_id, ill.id,
       CASE WHEN NOT is_open THEN NULL
            WHEN state IN ('incomplete', 'delivered') THEN
                 CASE WHEN g < 2000 THEN %(busy_applicant)s ELSE applicant_id END
            WHEN state IN ('meeting', 'drafting') THEN
                 CASE WHEN g < 2000 THEN %(busy_expert)s ELSE expert_id END END,
       CASE WHEN NOT is_open THEN '' WHEN state IN ('submitted', 'received', 'assigning') THEN 'coordinator'
            WHEN state = 'reviewing' THEN 'each:expert' ELSE '' END,
       centre_id, opened_at, opened_at, CASE WHEN is_open THEN due_at END,
       CASE WHEN is_open AND due_at < %(now)s THEN due_at END, CASE WHEN NOT is_open THEN due_at END, 1
  FROM (SELECT g, is_open, lot,
               CASE WHEN is_open THEN %(now)s - interval '3 days' - lot * interval '10 days' 
                    ELSE %(now)s - interval '13 days' - lot * interval '3 years' END AS opened_at,
               CASE WHEN is_open THEN %(now)s + interval '2 hours' + lot * interval '4 days'
                         - late * interval '3 days'
                    ELSE %(now)s - lot * interval '3 years' END AS due_at,
               CASE WHEN NOT is_open AND kind_lot < 0.15 THEN 'desk.tickets'
                    WHEN NOT is_open AND kind_lot < 0.25 THEN 'escort.orders'
                    ELSE 'consult.joint' END AS kind,
               CASE WHEN NOT is_open THEN
                    (ARRAY['closed', 'closed', 'closed', 'withdrawn', 'referred'])[1 + floor(state_lot * 5)::int]
                    ELSE (ARRAY['submitted', 'submitted', 'incomplete', 'received', 'assigning', 'assigning', 'assigning', 'reviewing',
                                'reviewing',
                                'reviewing', 'reviewing', 'meeting', 'drafting', 'drafting', 'delivered', 'delivered',
                                'delivered'])[1 + floor(state_lot * 17)::int] END AS state,
               CASE WHEN kind_lot > 0.9 THEN 'urgent' ELSE 'normal' END AS urgency,
               floor(place_lot * %(places)s)::int AS place_n, ill_n
          FROM (SELECT g, random() < 0.15 AS is_open, random() AS lot, random() AS kind_lot, random() AS state_lot,
                       random() AS place_lot, (random() < 0.1)::int AS late, floor(random() * 1000000)::int AS ill_n
                  FROM generate_series(1, %(cases)s) g) drawn) chosen
  JOIN place ON place.n = place_n
  JOIN ill ON ill.organisation_id = place.organisation_id AND ill.n = ill_n %% ill.all_of_place
"""
EVENTS = """
INSERT INTO kernel_caseevent (id, case_id, number, at, actor_id, kind, from_state, to_state, reason, data, audience)
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id, 1, c.opened_at, NULL, c.kind || '.opened', '', c.state, ''::bytea,
       '{}', 'patient'
  FROM kernel_case c
"""
# Two clocks a case: its state's and the report's. What is late has been told; the rest sleeps until its time.
DEADLINES = """
INSERT INTO kernel_casedeadline (id, case_id, name, holder_id, calendar, started_at, due_at, paused_at, breached_at,
                                 ended_at, met, sweep_at, reminders, account)
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id, clock.name, NULL, 'always', c.opened_at, due.at, NULL,
       CASE WHEN c.late_since IS NOT NULL AND clock.name = 'state' THEN c.late_since END,
       c.closed_at, c.closed_at <= due.at,
       CASE WHEN c.closed_at IS NULL AND (c.late_since IS NULL OR clock.name = 'report')
                 AND NOT (c.team = 'each:expert' AND clock.name = 'state') THEN due.at END, 0,
       jsonb_build_array(jsonb_build_object('at', c.opened_at, 'what', 'start', 'unit', 'hours', 'amount', 24,
                                            'due', due.at))
  FROM kernel_case c
 CROSS JOIN (VALUES ('state', interval '0'), ('report', interval '5 days')) AS clock (name, more)
 CROSS JOIN LATERAL (SELECT greatest(coalesce(c.due_at, c.closed_at) + clock.more, c.opened_at) AS at) due
"""
# Where each expert must act, each has a clock of their own.
HOLDERS = """
INSERT INTO kernel_casedeadline (id, case_id, name, holder_id, calendar, started_at, due_at, sweep_at,
                                 reminders, account)
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id, 'state:' || p.account_id, p.account_id, 'always', c.opened_at,
       c.due_at, CASE WHEN c.late_since IS NULL THEN c.due_at END, 0,
       jsonb_build_array(jsonb_build_object('at', c.opened_at, 'what', 'start', 'unit', 'hours', 'amount', 24,
                                            'due', c.due_at))
  FROM kernel_case c JOIN kernel_participant p ON p.case_id = c.id AND p.capacity = 'expert'
 WHERE c.team = 'each:expert'
"""
PARTICIPANTS = """
INSERT INTO kernel_participant (id, case_id, account_id, capacity, since, until)
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id,
       CASE WHEN role.capacity = 'applicant' THEN coalesce(
                 CASE WHEN c.state IN ('incomplete', 'delivered') THEN c.owner_id END, place.applicants[1 + abs(hashtext(c.number)) %% place.doctors])
            ELSE coalesce(
                 CASE WHEN c.state IN ('meeting', 'drafting') THEN c.owner_id
                      WHEN c.state = 'reviewing' AND substr(c.number, 3)::int < 2000 THEN %(busy_expert)s END,
                 place.experts[1 + abs(hashtext(c.number)) %% place.doctors]) END,
       role.capacity, c.opened_at, CASE WHEN role.capacity <> 'applicant' THEN c.closed_at END
  FROM kernel_case c
  JOIN (SELECT organisation_id, array_agg(applicant_id ORDER BY n) AS applicants, array_agg(expert_id ORDER BY n) AS experts,
               count(*) AS doctors FROM place GROUP BY organisation_id) place ON place.organisation_id = c.organisation_id
 CROSS JOIN (VALUES ('applicant'), ('expert'), ('chair')) AS role (capacity)
 WHERE c.kind = 'consult.joint'
   AND (role.capacity = 'applicant' OR c.state IN ('reviewing', 'meeting', 'drafting', 'delivered', 'closed'))
   AND (role.capacity <> 'chair' OR c.state IN ('meeting', 'drafting', 'delivered', 'closed'))
"""
# Closed applications carry random bytes of the length of a sealed text: nobody opens them here.
CLOSED_APPLICATIONS = """
INSERT INTO consult_application (id, case_id, patient_id, applicant_id, sent_key, purpose, question, summary,
                                 specialty_id, wants_meeting, missing, missing_note, quorum)
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id, c.patient_id, p.account_id, c.number, 'diagnosis',
       decode(repeat(md5(c.number), 3), 'hex'), decode(repeat(md5(c.number), 10), 'hex'), '03.01', false, '[]', '', 1
  FROM kernel_case c JOIN kernel_participant p ON p.case_id = c.id AND p.capacity = 'applicant'
 WHERE c.kind = 'consult.joint' AND c.closed_at IS NOT NULL
"""
OPEN_APPLICATIONS = """
SELECT uuidv7(c.opened_at - clock_timestamp()), c.id, c.patient_id, p.account_id, c.number
  FROM kernel_case c JOIN kernel_participant p ON p.case_id = c.id AND p.capacity = 'applicant'
 WHERE c.kind = 'consult.joint' AND c.closed_at IS NULL
"""
COPY = """
COPY consult_application (id, case_id, patient_id, applicant_id, sent_key, purpose, question, summary, specialty_id,
                          wants_meeting, missing, missing_note, quorum) FROM STDIN
"""


def fill(cases: int) -> None:
    """Fill the database that Django is connected to with so many cases."""
    began = time.monotonic()
    print(f"loading {cases:,} cases", flush=True)
    random.seed(cases)
    people.make_patients(max(100, cases // 50))
    with transaction.atomic(), connection.cursor() as cursor, _without_triggers(cursor):
        cursor.execute("SELECT setseed(0.5)")
        for statement in (PLACES, ILL):
            cursor.execute(statement)
        drawn = _drawn(cases)
        cursor.execute(CASES, drawn)
        cursor.execute(EVENTS)
        cursor.execute(DEADLINES)
        cursor.execute(PARTICIPANTS, drawn)
        cursor.execute(HOLDERS)
        cursor.execute(CLOSED_APPLICATIONS)
        _copy_open_applications(cursor)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    # Half a gigabyte is on its way to the disk; until it has arrived every commit of what is measured waits for it.
    os.sync()
    print(f"  loaded in {time.monotonic() - began:.0f} s", flush=True)


def _drawn(cases: int) -> dict[str, Any]:
    return {
        "cases": cases,
        "now": clock.now(),
        "places": people.REGIONS * people.HOSPITALS * people.DOCTORS,
        "busy_applicant": people.get_account("applicant-r0h0-0").pk,
        "busy_expert": people.get_account("expert-r0h0-0").pk,
    }


@contextmanager
def _without_triggers(cursor: Any) -> Iterator[None]:
    cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    cursor.execute("SET LOCAL session_replication_role = origin")


def _copy_open_applications(cursor: Any) -> None:
    cursor.execute(OPEN_APPLICATIONS)
    rows = cursor.fetchall()
    with cursor.copy(COPY) as copy:
        copy.set_types(
            ["uuid", "uuid", "uuid", "uuid", "text", "text", "bytea", "bytea", "text", "bool", "jsonb", "bytea", "int2"]
        )
        for key, case_id, patient_id, applicant_id, number in rows:
            question = SealedText.close(QUESTION, "consult_application.question", key)
            summary = SealedText.close(SUMMARY, "consult_application.summary", key)
            copy.write_row(
                (
                    key,
                    case_id,
                    patient_id,
                    applicant_id,
                    number,
                    "diagnosis",
                    question,
                    summary,
                    "03.01",
                    False,
                    "[]",
                    b"",
                    1,
                )
            )
