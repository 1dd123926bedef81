"""The rules over the whole chain: each finder looks at one hop with one statement and says what is in trouble now.

What is no longer found is gone: its case closes by itself. Trouble of many alike is one case with a count.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel.statements import ask
from huizhen.lab.exceptions.rules import (
    COME_AGAIN_WITHIN,
    HELD,
    LOOK_BACK,
    RECEIVE_WITHIN,
    REGISTER_WITHIN,
    REVIEW_WITHIN,
    RUN_AGAIN_WITHIN,
    TEST_WITHIN,
    UNDERSTAND_WITHIN,
    Found,
)
from huizhen.lab.results.in_control import CONTROL_COUNTS_FOR
from huizhen.lab.results.queries import list_joined_contradictions

CLASHES = """
SELECT c.id, t.barcode, s.laboratory_id, s.organisation_id, s.id FROM lab_clash c
  JOIN lab_tube t ON t.id = c.tube_id JOIN lab_site s ON s.id = c.site_id WHERE c.settled_by_id IS NULL
"""
DOUBTS = """
SELECT d.id, t.barcode, t.laboratory_id, s.organisation_id, s.id FROM lab_doubt d
  JOIN lab_tube t ON t.id = d.tube_id JOIN lab_site s ON s.id = t.site_id WHERE d.at > %s
"""
STRANGERS = """
SELECT u.id, u.barcode, b.laboratory_id, s.organisation_id, s.id FROM lab_unknownscan u
  JOIN lab_box b ON b.id = u.box_id JOIN lab_site s ON s.id = b.site_id
 WHERE u.at > %s AND NOT EXISTS (SELECT 1 FROM lab_tube t
                                  WHERE t.barcode = u.barcode AND t.laboratory_id = b.laboratory_id
                                    AND (t.received_at IS NOT NULL OR t.voided_at IS NOT NULL))
"""
# Two records that may be one person's, and this laboratory has tubes of both. Where a merge was taken back, for as long
# as nobody has closed what that opened again.
TWO_RECORDS = """
SELECT l.id, b.barcode, b.laboratory_id, s.organisation_id, s.id FROM records_likeness l
 CROSS JOIN LATERAL (SELECT t.laboratory_id FROM lab_tubeperson p JOIN lab_tube t ON t.id = p.tube_id
                      WHERE p.patient_id = l.first_id AND t.collected_at > %s
                      ORDER BY t.collected_at DESC LIMIT 1) a
 CROSS JOIN LATERAL (SELECT t.barcode, t.laboratory_id, t.site_id
                       FROM lab_tubeperson p JOIN lab_tube t ON t.id = p.tube_id
                      WHERE p.patient_id = l.second_id AND t.collected_at > %s
                      ORDER BY t.collected_at DESC LIMIT 1) b
  JOIN lab_site s ON s.id = b.site_id
 WHERE a.laboratory_id = b.laboratory_id
   AND (l.outcome = 'open'
        OR l.outcome = 'different'
           AND EXISTS (SELECT 1 FROM lab_trouble x WHERE x.subject = 'two_records:' || l.id AND x.closed_at IS NULL)
           AND EXISTS (SELECT 1 FROM records_merge m WHERE m.undone_at IS NOT NULL
                          AND ((m.survivor_id, m.replaced_id) = (l.first_id, l.second_id)
                               OR (m.survivor_id, m.replaced_id) = (l.second_id, l.first_id))))
"""
# By laboratory: two may use labels alike, and each has to hear of its own. A failed run is settled by any later
# observation of the same tube, and by giving the tube up.
SET_ASIDE = """
SELECT h.kind, CASE WHEN h.kind IN ('unknown_specimen', 'foreign_specimen', 'voided', 'failed') THEN h.barcode
                    ELSE coalesce(h.instrument_id::text, '') END AS what,
       h.laboratory_id, count(*), min(h.id::text)::uuid
  FROM lab_held h
 WHERE h.settled_at IS NULL AND h.at > %s AND (h.kind <> 'unknown_specimen' OR h.at < %s)
   AND h.laboratory_id IS NOT NULL
   AND NOT (h.kind = 'failed' AND EXISTS (
            SELECT 1 FROM lab_tube t WHERE t.barcode = h.barcode
               AND (t.voided_at IS NOT NULL
                    OR EXISTS (SELECT 1 FROM lab_observation o WHERE o.tube_id = t.id AND o.taken_at >= h.at))))
 GROUP BY 1, 2, 3
"""
BY_BARCODE = ("unknown_specimen", "foreign_specimen", "voided", "failed")
# Sealed in a box and not in it when it was opened; or more in it than were sealed, barcodes nobody registered apart:
# these are trouble of their own. A tube that came in another box is nowhere missing.
BOXES = """
SELECT b.id, coalesce(m.first, ''), b.laboratory_id, s.organisation_id, s.id, m.count, h.count - b.sealed_count
  FROM lab_box b JOIN lab_site s ON s.id = b.site_id
 CROSS JOIN LATERAL (SELECT count(*), min(t.barcode) AS first FROM lab_tube t
                      WHERE t.box_id = b.id AND t.received_at IS NULL AND t.released_at IS NULL
                        AND t.voided_at IS NULL) m
 CROSS JOIN LATERAL (SELECT count(*) FROM lab_tube t
                      WHERE t.box_id = b.id AND t.received_at IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM lab_unknownscan u
                                         WHERE u.box_id = b.id AND u.barcode = t.barcode)) h
 WHERE b.received_at > %s AND (%s::uuid IS NULL OR b.id = %s) AND (m.count > 0 OR h.count > b.sealed_count)
"""
MISSING = """
SELECT t.site_id, t.laboratory_id, s.organisation_id, count(*), min(t.barcode) FROM lab_tube t
  JOIN lab_site s ON s.id = t.site_id
 WHERE t.collected_at < %s AND t.collected_at > %s AND t.received_at IS NULL AND t.released_at IS NULL
   AND t.voided_at IS NULL AND t.part_of_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM lab_box b WHERE b.id = t.box_id AND b.received_at IS NOT NULL)
 GROUP BY 1, 2, 3
"""
# While a single tube is in a mixed one, that one is waited for; when it was not negative, the single tube again, from
# then on.
UNTESTED = """
SELECT t.laboratory_id, count(*), min(t.barcode) FROM lab_tube t
  LEFT JOIN lab_testorder o ON o.fulfilled_by_id = t.id AND o.because_of_id = t.part_of_id
 WHERE t.received_at < %s AND t.collected_at > %s AND t.tested_at IS NULL AND t.released_at IS NULL
   AND t.voided_at IS NULL AND (t.part_of_id IS NULL OR o.ordered_at < %s)
 GROUP BY 1
"""
# However long ago: whose result is withheld waits until somebody has taken the tube, or a person closed the case.
RETESTS = """
SELECT t.id, t.barcode, t.laboratory_id, s.organisation_id, s.id, count(*) FROM lab_testorder o
  JOIN lab_tube t ON t.id = o.because_of_id JOIN lab_site s ON s.id = t.site_id
 WHERE o.patient_id IS NOT NULL AND o.fulfilled_by_id IS NULL AND o.ordered_at < %s AND t.released_at IS NULL
 GROUP BY 1, 2, 3, 4, 5
"""
# What is withheld is nobody's review; but where it contradicts what a mixed tube's persons were told, somebody has to
# decide about that.
REVIEWS = """
SELECT t.laboratory_id, s.organisation_id, s.id, o.id, t.barcode, o.reasons, o.status = 'review' AND o.taken_at < %s
  FROM lab_observation o JOIN lab_tube t ON t.id = o.tube_id JOIN lab_site s ON s.id = t.site_id
 WHERE (o.status = 'review' OR o.status = 'withheld' AND 'conflict' = ANY (o.reasons))
   AND NOT EXISTS (SELECT 1 FROM lab_observation n WHERE n.series = o.series AND n.version > o.version)
"""
# Matched and not reported, and nobody is asked any more: the value was rejected, and no new run has come. A tube given
# up, or one whose persons are tested singly, waits for nothing.
REJECTED = """
SELECT DISTINCT ON (t.id) o.id, t.barcode, t.laboratory_id, s.organisation_id, s.id, t.id
  FROM lab_observation o JOIN lab_tube t ON t.id = o.tube_id JOIN lab_site s ON s.id = t.site_id
 WHERE o.status = 'rejected' AND o.taken_at > %s AND o.taken_at < %s AND t.voided_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM lab_observation n WHERE n.series = o.series AND n.version > o.version)
   AND NOT EXISTS (SELECT 1 FROM lab_testorder r WHERE r.because_of_id = t.id)
 ORDER BY t.id, o.taken_at
"""
# Of each material the last control counts, as for the values; calibrations are none.
CONTROLS = """
SELECT instrument_id, item_id, max(laboratory_id::text)::uuid, min(lot), count(*)
  FROM (SELECT DISTINCT ON (instrument_id, item_id, material) instrument_id, item_id, laboratory_id, in_control, lot
          FROM lab_controlrun WHERE at > %s AND laboratory_id IS NOT NULL AND kind = 'control'
         ORDER BY instrument_id, item_id, material, at DESC, id DESC) last
 WHERE NOT in_control GROUP BY 1, 2
"""
# Counted where it is looked up: as many rows as persons, for every version that was released.
INVISIBLE = """
SELECT o.id, t.barcode, t.laboratory_id, s.organisation_id, s.id FROM lab_observation o
  JOIN lab_tube t ON t.id = o.tube_id JOIN lab_site s ON s.id = t.site_id
 WHERE o.status = 'released' AND o.released_at > %s
   AND (SELECT count(*) FROM lab_tubeperson p WHERE p.tube_id = o.tube_id)
     > (SELECT count(*) FROM lab_released r WHERE r.series = o.series AND r.version = o.version)
"""
RAW = """
SELECT m.instrument_id, i.organisation_id, m.state, count(*) FROM lab_rawmessage m
  JOIN lab_instrument i ON i.id = m.instrument_id
 WHERE (m.state = 'set_aside' AND m.received_at > %s) OR (m.state = 'kept' AND m.received_at < %s)
 GROUP BY 1, 2, 3
"""
# Whose it may be: of who has an instrument at the same address; where nobody has, of everybody with instruments.
SENDERS = """
SELECT u.sender, i.organisation_id, u.count
  FROM (SELECT sender, split_part(sender, ' ', 1) AS host, count(*) FROM lab_rawmessage
         WHERE state = 'unclaimed' AND received_at > %s GROUP BY 1, 2) u
 CROSS JOIN LATERAL (
    SELECT DISTINCT organisation_id FROM lab_instrument
     WHERE is_active AND (split_part(address, ':', 1) = u.host OR NOT EXISTS (
           SELECT 1 FROM lab_instrument k WHERE k.is_active AND split_part(k.address, ':', 1) = u.host))) i
"""
DOWN = """
SELECT id, organisation_id FROM lab_instrument
 WHERE is_active AND (link_state = 'failing' OR silent_since IS NOT NULL)
"""

# Why a value waits that is a case of its own: it cannot be true, or it contradicts another one of the same tube or of
# another tube of the same person.
# Ended by the next version, a rejection, or by who closed the case with a reason.
UNSAID = """
SELECT o.id, t.barcode, t.laboratory_id, s.organisation_id, s.id
  FROM lab_unsaid u JOIN lab_observation o ON o.id = u.observation_id
  JOIN lab_tube t ON t.id = o.tube_id JOIN lab_site s ON s.id = t.site_id
 WHERE u.settled_at IS NULL AND o.status <> 'rejected'
   AND NOT EXISTS (SELECT 1 FROM lab_observation n WHERE n.series = o.series AND n.version > o.version)
   AND NOT EXISTS (SELECT 1 FROM lab_trouble x
                    WHERE x.subject = 'read_otherwise:' || o.id AND x.closed_by_id IS NOT NULL AND x.closed_at >= u.at)
"""
DOUBTED = (("implausible", "implausible"), ("several_results", "conflict"), ("several_results", "contradiction"))

Finder = Callable[[datetime], Iterator[Found]]


def _at_site(kind: str, row: tuple[Any, ...]) -> Found:
    key, barcode, laboratory, organisation, site = row[:5]
    return Found(kind, f"{kind}:{key}", laboratory, organisation, site, key, barcode)


def find_clashes(at: datetime) -> Iterator[Found]:
    """One barcode scanned twice, by one institution or several."""
    yield from (_at_site("barcode_clash", row) for row in ask(CLASHES, []))


def find_doubts(at: datetime) -> Iterator[Found]:
    """A document that is on file under another name."""
    yield from (_at_site("wrong_person", row) for row in ask(DOUBTS, [at - LOOK_BACK]))


def find_two_records(at: datetime) -> Iterator[Found]:
    """One person's results under two records, as far as the rules of records can tell."""
    yield from (_at_site("two_records", row) for row in ask(TWO_RECORDS, [at - LOOK_BACK, at - LOOK_BACK]))


def find_strangers(at: datetime) -> Iterator[Found]:
    """A tube that came in a box and that nobody has registered, or only for another laboratory."""
    yield from (_at_site("box_unknown", row) for row in ask(STRANGERS, [at - LOOK_BACK]))


def find_boxes(at: datetime, box_id: UUID | None = None) -> Iterator[Found]:
    """Boxes, or one of them, that were opened and did not hold what was sealed in them; counted in tubes."""
    for *row, missing, more in ask(BOXES, [at - LOOK_BACK, box_id, box_id]):
        yield replace(_at_site("box_differs", tuple(row)), count=missing + max(more, 0))


def find_set_aside(at: datetime) -> Iterator[Found]:
    """Readings that could not become an observation."""
    for kind, what, laboratory, count, first in ask(SET_ASIDE, [at - LOOK_BACK, at - REGISTER_WITHIN]):
        barcode = what if kind in BY_BARCODE else ""
        found = HELD[kind]
        subject = f"{found}:{kind}:{laboratory}:{what}"[:160]
        yield Found(found, subject, laboratory, laboratory, None, first, barcode, count)


def find_missing(at: datetime) -> Iterator[Found]:
    """Collected and not received, by site; received and not tested, by laboratory."""
    for site, laboratory, organisation, count, first in ask(MISSING, [at - RECEIVE_WITHIN, at - LOOK_BACK]):
        yield Found("not_received", f"not_received:{site}", laboratory, organisation, site, None, first, count)
    tested_by = at - TEST_WITHIN
    for laboratory, count, first in ask(UNTESTED, [tested_by, at - LOOK_BACK, tested_by]):
        yield Found("not_tested", f"not_tested:{laboratory}", laboratory, laboratory, None, None, first, count)


def find_retests(at: datetime) -> Iterator[Found]:
    """Persons of a mixed tube whose result is withheld and who have not come again, counted by tube."""
    for *row, count in ask(RETESTS, [at - COME_AGAIN_WITHIN]):
        yield replace(_at_site("not_retested", tuple(row)), count=count)


def find_reviews(at: datetime) -> Iterator[Found]:
    """Values that cannot be true or contradict each other, one by one; reviews that wait too long, counted."""
    late: dict[Any, int] = {}
    for laboratory, organisation, site, key, barcode, reasons, is_late in ask(REVIEWS, [at - REVIEW_WITHIN]):
        for kind, reason in DOUBTED:
            if reason in reasons:
                yield Found(kind, f"{kind}:{key}", laboratory, organisation, site, key, barcode)
        late[laboratory] = late.get(laboratory, 0) + is_late
    for laboratory, count in late.items():
        if count:
            yield Found("not_reviewed", f"not_reviewed:{laboratory}", laboratory, laboratory, count=count)


def find_joined(at: datetime) -> Iterator[Found]:
    """Two released values that cannot both be right, of records that were joined since."""
    for row in list_joined_contradictions(at - LOOK_BACK):
        yield Found(
            "several_results", f"several_results:{row.id}", row.tube.laboratory_id, row.tube.site.organisation_id,
            row.tube.site_id, row.id, row.tube.barcode,
        )  # fmt: skip


def find_unsaid(at: datetime) -> Iterator[Found]:
    """Values that their messages, read anew, do not say any more."""
    yield from (_at_site("read_otherwise", row) for row in ask(UNSAID, []))


def find_rejected(at: datetime) -> Iterator[Found]:
    """Tubes of which a value was rejected and no other has come, one by one."""
    for *row, tube in ask(REJECTED, [at - LOOK_BACK, at - RUN_AGAIN_WITHIN]):
        yield replace(_at_site("not_released", tuple(row)), subject=f"not_released:{tube}")


def find_controls(at: datetime) -> Iterator[Found]:
    """The last control of an instrument, item and material was not as it should be; counted in materials."""
    for instrument, item, laboratory, lot, count in ask(CONTROLS, [at - CONTROL_COUNTS_FOR]):
        subject = f"control_failed:{instrument}:{item}"
        yield Found("control_failed", subject, laboratory, laboratory, None, instrument, lot, count)


def find_invisible(at: datetime) -> Iterator[Found]:
    """Released, and not every person of the tube would find it."""
    yield from (_at_site("not_visible", row) for row in ask(INVISIBLE, [at - LOOK_BACK]))


def find_instruments(at: datetime) -> Iterator[Found]:
    """Instruments that cannot be reached, and messages of theirs that were not understood or not read in time."""
    for key, place in ask(DOWN, []):
        yield Found("instrument_down", f"instrument_down:{key}", place, place, None, key)
    for key, place, state, count in ask(RAW, [at - LOOK_BACK, at - UNDERSTAND_WITHIN]):
        yield Found("not_understood", f"not_understood:{state}:{key}", place, place, None, key, "", count)


def find_senders(at: datetime) -> Iterator[Found]:
    """Messages that are kept and that nobody reads, because nobody has registered who sends them."""
    for sender, place, count in ask(SENDERS, [at - LOOK_BACK]):
        yield Found("unknown_sender", f"unknown_sender:{place}:{sender}"[:160], place, place, count=count)


# What none of them finds any more is gone.
FINDERS: tuple[Finder, ...] = (
    find_clashes, find_doubts, find_two_records, find_strangers, find_boxes, find_set_aside, find_missing,
    find_retests, find_reviews, find_joined, find_unsaid, find_rejected, find_controls, find_invisible,
    find_instruments, find_senders,
)  # fmt: skip
