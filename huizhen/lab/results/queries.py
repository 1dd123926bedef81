"""Reads of results: what the matcher must know about a batch, worklists of the bench, a person's own results."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from huizhen.kernel.statements import ask
from huizhen.lab.catalogue.queries import load_catalogue
from huizhen.lab.results.models import ControlRun, Finding, Held, Observation, Paper, Released, Unsaid
from huizhen.lab.results.rules import COUNTS, LONGEST_SAME_TIME, Previous, Run, is_contradiction
from huizhen.lab.specimens.twins import list_twins

KNOWN = """
SELECT message_id, min(at) FROM (
    SELECT message_id, taken_at AS at FROM lab_observation WHERE message_id = ANY(%s)
    UNION ALL SELECT message_id, at FROM lab_held WHERE message_id = ANY(%s)
    UNION ALL SELECT message_id, at FROM lab_controlrun WHERE message_id = ANY(%s)) taken
 GROUP BY message_id
"""
TO_FORWARD = """
SELECT o.id, o.series, o.version, o.tube_id, t.laboratory_id FROM lab_observation o JOIN lab_tube t ON t.id = o.tube_id
 WHERE o.status = 'released' AND o.forwarded_at IS NULL
 ORDER BY o.released_at LIMIT %s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
# Nothing of it waits: no review, no re-test, no reading set aside.
FINAL = """
SELECT m.id FROM lab_rawmessage m
 WHERE m.state IN ('understood', 'answered') AND m.forgotten_at IS NULL AND m.received_at < %s
   AND NOT EXISTS (SELECT 1 FROM lab_observation o WHERE o.message_id = m.id AND o.status IN ('review', 'withheld')
                      AND NOT EXISTS (SELECT 1 FROM lab_observation n
                                       WHERE n.series = o.series AND n.version > o.version))
   AND NOT EXISTS (SELECT 1 FROM lab_held h WHERE h.message_id = m.id AND h.settled_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM lab_unsaid u JOIN lab_observation o ON o.id = u.observation_id
                    WHERE o.message_id = m.id AND u.settled_at IS NULL
                      AND NOT EXISTS (SELECT 1 FROM lab_observation n
                                       WHERE n.series = o.series AND n.version > o.version))
 ORDER BY m.received_at LIMIT %s FOR NO KEY UPDATE OF m SKIP LOCKED
"""
# A tube is tested when an instrument has said anything of it, also what could not be matched: a failed run, an unknown
# code. What was mixed in the laboratory is counted in its single tubes.
MATCHED = """
SELECT count(*) FILTER (WHERE matched OR said), count(*) FILTER (WHERE matched)
  FROM (SELECT EXISTS (SELECT 1 FROM lab_observation o WHERE o.tube_id IN (t.id, t.part_of_id)) AS matched,
               EXISTS (SELECT 1 FROM lab_held h WHERE h.barcode IN (t.barcode, pool.barcode)
                          AND h.settled_at IS NULL AND h.laboratory_id = t.laboratory_id) AS said
          FROM lab_tube t LEFT JOIN lab_tube pool ON pool.id = t.part_of_id
         WHERE t.laboratory_id = ANY(%s) AND t.collected_at >= %s AND t.collected_at < %s AND t.voided_at IS NULL
           AND (t.capacity = 1 OR NOT EXISTS (SELECT 1 FROM lab_tube s WHERE s.part_of_id = t.id))) tube
"""
# The records of the same person as each of these, itself among them.
RECORDS = """
SELECT r.id, record.id FROM records_patient r LEFT JOIN records_patient whole ON whole.id = r.replaced_by_id
 CROSS JOIN LATERAL unnest(coalesce(whole.id, r.id) || coalesce(whole.replaces, r.replaces)) AS record(id)
 WHERE r.id = ANY(%s)
"""
# Of two records that were joined after both results had been released, and neither has another version: the same item
# of two tubes taken at about the same time. What comes in later is compared when it comes.
JOINED = """
SELECT DISTINCT x.id, y.id FROM records_merge m
  JOIN records_patient whole ON whole.id = m.survivor_id
  JOIN lab_tubeperson p ON p.patient_id = m.replaced_id
  JOIN lab_tube a ON a.id = p.tube_id
  JOIN lab_tubeperson q ON q.patient_id = ANY (whole.id || whole.replaces) AND q.patient_id <> m.replaced_id
  JOIN lab_tube b ON b.id = q.tube_id AND b.id <> a.id
   AND b.collected_at BETWEEN a.collected_at - %s AND a.collected_at + %s
  JOIN lab_observation x ON x.tube_id = a.id AND x.status = 'released' AND x.released_at <= m.merged_at
  JOIN lab_observation y ON y.tube_id = b.id AND y.status = 'released' AND y.released_at <= m.merged_at
   AND y.item_id = x.item_id
 WHERE m.undone_at IS NULL AND m.merged_at > %s
   AND NOT EXISTS (SELECT 1 FROM lab_observation n WHERE n.series = x.series AND n.version > x.version)
   AND NOT EXISTS (SELECT 1 FROM lab_observation n WHERE n.series = y.series AND n.version > y.version)
"""
FINDINGS = Finding


class ToForward(NamedTuple):
    """A released version as the upstream report takes it over."""

    id: UUID
    series: UUID
    version: int
    tube_id: UUID
    laboratory_id: UUID


def list_known_messages(message_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Which of these messages were taken before, and when first."""
    ids = list(message_ids)
    return dict(ask(KNOWN, [ids, ids, ids]))


def list_final_messages(before: datetime, limit: int) -> list[UUID]:
    """Messages received before then of which nothing waits any more, locked for the caller's transaction."""
    return [row[0] for row in ask(FINAL, [before, limit])]


def list_next_ordinals(message_ids: Iterable[UUID]) -> dict[UUID, int]:
    """For messages that were taken before: the first place that none of their readings has had."""
    found: dict[UUID, int] = {}
    for model in (Observation, Held, ControlRun):
        rows = model.objects.filter(message_id__in=list(message_ids)).values_list("message_id")  # type: ignore[attr-defined]  # each has a manager
        for key, last in rows.annotate(last=Max("ordinal")):
            found[key] = max(found.get(key, 0), last + 1)
    return found


def list_latest(tube_ids: Iterable[UUID]) -> dict[tuple[UUID, int], Previous]:
    """The latest version of each item of these tubes."""
    rows = Observation.objects.filter(tube_id__in=list(tube_ids)).order_by("tube_id", "item_id", "-version")
    found: dict[tuple[UUID, int], Previous] = {}
    for row in rows.distinct("tube_id", "item_id"):
        found[row.tube_id, row.item_id] = as_previous(row)
    return found


def as_previous(row: Observation) -> Previous:
    """A version as the rules see it when another reading comes."""
    run = Run(row.message_id, row.measured_at)
    return Previous(row.series, row.version, row.value, row.status, tuple(row.reasons), run)


def list_last_values(
    patient_ids: Iterable[UUID], item_ids: Iterable[int], since: datetime
) -> dict[tuple[UUID, int], tuple[str, datetime]]:
    """Each person's last released value of each item, for the delta rule; under whichever of her joined records."""
    whose: dict[UUID, list[UUID]] = defaultdict(list)
    for patient_id, record_id in ask(RECORDS, [list(patient_ids)]):
        whose[record_id].append(patient_id)
    rows = Observation.objects.filter(
        patient_id__in=list(whose), item_id__in=list(item_ids), status="released", taken_at__gte=since
    )
    rows = rows.order_by("patient_id", "item_id", "-taken_at").distinct("patient_id", "item_id")
    latest = sorted(rows, key=lambda row: row.taken_at)
    return {
        (one, row.item_id): (row.value, row.taken_at)
        for row in latest
        if row.patient_id
        for one in whose[row.patient_id]
    }


def list_for_review(laboratory_ids: Iterable[UUID], *, limit: int = 100) -> list[Observation]:
    """What waits for somebody to look, the longest waiting first; not what another version has taken the place of."""
    newer = Observation.objects.filter(series=OuterRef("series"), version__gt=OuterRef("version"))
    found = Observation.objects.filter(
        ~Exists(newer), status="review", tube__laboratory_id__in=list(laboratory_ids)
    )  # fmt: skip
    return list(found.select_related("tube__site", "item__panel", "patient").order_by("taken_at", "id")[:limit])


def list_runs(laboratory_ids: Iterable[UUID], since: datetime, *, limit: int = 50) -> list[dict[str, Any]]:
    """What instruments have given since then, by instrument and item: how many, and how many of them released."""
    found = Observation.objects.filter(tube__laboratory_id__in=list(laboratory_ids), taken_at__gte=since)
    counted = found.values("instrument_id", "item_id").annotate(
        count=Count("id"), released=Count("id", filter=Q(status="released")),
        review=Count("id", filter=Q(status="review")), withheld=Count("id", filter=Q(status="withheld")),
    )  # fmt: skip
    return [dict(row) for row in counted.order_by("-count")[:limit]]


def list_controls(laboratory_ids: Iterable[UUID], since: datetime) -> QuerySet[ControlRun]:
    """Controls since then, the latest first."""
    found = ControlRun.objects.filter(laboratory_id__in=list(laboratory_ids), at__gte=since)
    return found.select_related("item").order_by("-at")


def list_current(tube_id: UUID) -> list[Observation]:
    """The latest version of each item of a tube."""
    rows = Observation.objects.filter(tube_id=tube_id).select_related("item__panel")
    return list(rows.order_by("item_id", "-version").distinct("item_id"))


def list_versions(tube_id: UUID) -> list[Observation]:
    """Every version, the latest of each item first."""
    rows = Observation.objects.filter(tube_id=tube_id).select_related("item", "taken_by", "decided_by")
    return list(rows.order_by("item_id", "-version"))


def list_beside(row: Observation) -> list[Observation]:
    """What other tubes of the same persons say to the same item, taken at the same time: what an observation that waits
    as a contradiction stands against."""
    test = load_catalogue().tests[row.item_id]
    apart = list_twins([row.tube_id], LONGEST_SAME_TIME)[row.tube_id]
    found = Observation.objects.filter(tube_id__in=apart, item_id=row.item_id).select_related("tube", "item__panel")
    latest = found.order_by("tube_id", "-version").distinct("tube_id")
    return [
        one for one in latest
        if one.status in COUNTS and is_contradiction(test, row.value, one.value, apart[one.tube_id])
    ]  # fmt: skip


def list_joined_contradictions(since: datetime) -> list[Observation]:
    """Of two released values of one person that cannot both be right, and that nobody could compare because her records
    were joined later, and after `since`: the one that was released last."""
    pairs = ask(JOINED, [LONGEST_SAME_TIME, LONGEST_SAME_TIME, since])
    if not pairs:
        return []
    asked = Observation.objects.filter(id__in={key for pair in pairs for key in pair})
    rows, tests = asked.select_related("tube__site").in_bulk(), load_catalogue().tests
    return [
        max(one, other, key=lambda row: (row.released_at, row.id))
        for one, other in ((rows[first], rows[second]) for first, second in pairs)
        if one.item_id in tests and is_contradiction(
            tests[one.item_id], one.value, other.value, abs(one.tube.collected_at - other.tube.collected_at)
        )
    ]  # fmt: skip


def list_printable(tube_id: UUID, patient_id: UUID) -> list[Observation]:
    """What a paper for this person may show: the latest released version of each item. Where a later version waits
    for its review the item is left out: what is in doubt is not printed."""
    current = list_current(tube_id)
    return [row for row in current if row.status == "released" and row.patient_id in (None, patient_id)]


def list_held(*, laboratory_id: UUID | None = None, limit: int = 200) -> list[Held]:
    """Readings set aside and not settled, the oldest first."""
    found = Held.objects.filter(settled_at=None)
    found = found.filter(laboratory_id=laboratory_id) if laboratory_id else found
    return list(found.order_by("at")[:limit])


def list_held_barcodes(held_id: UUID, since: datetime) -> list[str]:
    """The barcodes named by what the same instrument sent and was set aside for the same reason since then."""
    alike = Held.objects.filter(id=held_id).values("instrument_id", "kind")[:1]
    found = Held.objects.filter(
        settled_at=None, at__gt=since, instrument_id=alike.values("instrument_id"), kind=alike.values("kind")
    )
    return list(found.exclude(barcode="").order_by("barcode").values_list("barcode", flat=True).distinct())


def list_said_instead(observation_id: UUID) -> list[str]:
    """What a message says now in place of this value, specimen and test; nothing where it still says it."""
    found = Unsaid.objects.filter(observation_id=observation_id, settled_at=None).first()
    return found.says if found else []


def get_held(held_id: UUID) -> Held | None:
    """A reading set aside."""
    return Held.objects.filter(id=held_id).first()


def get_observation(observation_id: UUID) -> Observation | None:
    """An observation with its tube and item."""
    return Observation.objects.select_related("tube__site", "item__panel").filter(id=observation_id).first()


def get_paper(code: str) -> Paper | None:
    """The paper that carries this code."""
    return Paper.objects.select_related("tube__site", "tube__laboratory").filter(code=code).first()


def is_current(observation_ids: Sequence[UUID]) -> bool:
    """Whether none of these versions has been superseded by a released one."""
    rows = Observation.objects.filter(id__in=list(observation_ids)).values_list("series", "version")
    newer = Observation.objects.filter(status="released", series__in=[series for series, _version in rows])
    latest = dict(newer.order_by("series", "version").values_list("series", "version"))
    return all(latest.get(series, version) <= version for series, version in rows)


def list_released(person: UUID, since: datetime) -> list[Released]:
    """A person's results released since then, the latest version of each, the latest first."""
    rows = Released.objects.filter(person=person, released_at__gte=since).order_by("series", "-version")
    return sorted(rows.distinct("series"), key=lambda row: row.released_at, reverse=True)


def list_to_forward(limit: int) -> list[ToForward]:
    """Released observations that were not handed to the upstream report yet, the oldest first, locked for the caller's
    transaction."""
    return [ToForward(*row) for row in ask(TO_FORWARD, [limit])]


def count_matched(laboratory_ids: Iterable[UUID], since: datetime, until: datetime) -> tuple[int, int]:
    """Of the tubes collected in this time: of how many an instrument has said something, and for how many of them
    there is a value."""
    tested, matched = ask(MATCHED, [list(laboratory_ids), since, until])[0]
    return tested, matched


def count_released_persons(laboratory_ids: Iterable[UUID], since: datetime, until: datetime) -> int:
    """In how many seats of tubes collected in this time sits somebody whose result can be looked up: counted where it
    is looked up, so that what was released and did not arrive there shows."""
    series = Observation.objects.filter(
        tube__laboratory_id__in=list(laboratory_ids), tube__collected_at__gte=since, tube__collected_at__lt=until,
        status="released",
    ).values("series")  # fmt: skip
    rows = Released.objects.filter(series__in=series, released_at__gte=since)
    return rows.values("person", "collected_at").distinct().count()


def find_source(reference: UUID) -> UUID | None:
    """The instrument that an observation or a reading set aside came from, by its key."""
    observed = Observation.objects.filter(id=reference).values_list("instrument_id", flat=True)
    held = Held.objects.filter(id=reference).values_list("instrument_id", flat=True)
    return observed.first() or held.first()
