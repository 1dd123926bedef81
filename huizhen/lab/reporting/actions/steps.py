"""The first two steps of a report, each a transaction of its own: enlist, claim; `settling` is the third. Between
claim and settle the batch is on its way: whoever dies there leaves a batch that is asked about, and never sent again
blindly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import Actor, directory
from huizhen.kernel.line import ask, put
from huizhen.lab.exceptions.actions import close_gone, keep_up
from huizhen.lab.exceptions.models import Kind
from huizhen.lab.exceptions.queries import list_references
from huizhen.lab.exceptions.rules import LOOK_BACK, Found
from huizhen.lab.reporting import queries, rules
from huizhen.lab.reporting.actions.settling import shut_found
from huizhen.lab.reporting.models import Batch, BatchState, Delivery, State, Upstream, Way
from huizhen.lab.results.actions import mark_forwarded
from huizhen.lab.results.queries import list_to_forward
from huizhen.lab.specimens.queries import list_seats

ENLIST = 1000
# Enlisted again, the key is the same, and nothing happens.
ENTER = """
INSERT INTO lab_delivery (id, upstream_id, observation_id, patient_id, state, attempts, receipt, reason, enlisted_at)
SELECT id, upstream, observation, patient, 'waiting', 0, '', '', %s
  FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[]) AS e(id, upstream, observation, patient)
ON CONFLICT (id) DO NOTHING
"""
# The oldest that wait; where the first of them belongs to a cohort, that cohort alone.
CHOOSE = """
SELECT id FROM lab_delivery WHERE upstream_id = %s AND state = 'waiting' AND cohort IS NOT DISTINCT FROM (
    SELECT cohort FROM lab_delivery WHERE upstream_id = %s AND state = 'waiting' ORDER BY enlisted_at, id LIMIT 1)
 ORDER BY enlisted_at, id LIMIT %s
"""
CLAIM = """
UPDATE lab_delivery SET state = 'sending', batch_id = %s, attempts = attempts + 1, cohort = NULL WHERE id = ANY(%s)
"""


def enlist(*, at: datetime, limit: int = ENLIST) -> int:
    """Put released results into the ledger, one delivery per person and platform; returns how many observations.
    Enlisted again, a result is the same delivery."""
    with transaction.atomic():
        rows = list_to_forward(limit)
        wanted = _platforms_of({row.laboratory_id for row in rows})
        seats = list_seats({row.tube_id for row in rows if wanted[row.laboratory_id]})
        made = [
            (rules.delivery_id(one, person, row.series, row.version), one, row.id, patient_id)
            for row in rows
            for one in wanted[row.laboratory_id]
            for patient_id, person in seats[row.tube_id]
        ]
        if made:
            put(ENTER, [at, *map(list, zip(*made, strict=True))])
        mark_forwarded([row.id for row in rows], at=at)
    return len(rows)


def _platforms_of(laboratories: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Which platforms want the results of each laboratory."""
    upstreams = list(queries.list_upstreams())
    covers = directory().covers
    return {place: [one.id for one in upstreams if covers(one.organisation_id, place)] for place in laboratories}


def claim(upstream_id: UUID, *, at: datetime, limit: int | None = None) -> Batch | None:
    """Make the next batch and commit it before anything leaves; None where nothing waits, the platform asked for a
    pause, or too many batches have no answer yet (back-pressure)."""
    with transaction.atomic():
        upstream = Upstream.objects.select_for_update(no_key=True).get(id=upstream_id)
        if not upstream.is_active or upstream.way != Way.HTTP:
            return None
        if upstream.paused_until and upstream.paused_until > at:
            return None
        if queries.count_open(upstream_id) >= rules.MOST_OPEN:
            return None
        # Who does not let us in gets one result to see whether that is mended.
        most = limit or (1 if upstream.shut_since else upstream.most_at_once)
        chosen = [row[0] for row in ask(CHOOSE, [upstream_id, upstream_id, most])]
        return put_together(upstream, chosen, BatchState.SENDING, at=at) if chosen else None


def put_together(upstream: Upstream, chosen: Sequence[UUID], state: BatchState, *, at: datetime) -> Batch:
    """Make a batch of these deliveries, which wait; in the caller's transaction, which holds the platform's row."""
    batch = Batch.objects.create(id=ids.new_id(), upstream=upstream, state=state, size=len(chosen), sent_at=at)
    put(CLAIM, [batch.id, list(chosen)])
    return batch


def send_again(delivery: Delivery, *, actor: Actor, at: datetime) -> bool:
    """Let what was refused wait once more, after what was wrong has been put right; `delivery` was loaded by
    `access_delivery`. Returns whether it waits now because of this: one that is not refused (any more) stays alone."""
    with transaction.atomic():
        changed = Delivery.objects.filter(id=delivery.id, state=State.REFUSED).update(
            state=State.WAITING, settled_at=None, batch=None, reason="", cohort=ids.new_id()
        )
        if changed:
            audit.record(
                actor, "lab.reporting.sent_again", subject_kind="delivery", subject_id=delivery.id,
                patient_id=delivery.patient_id, organisation_id=delivery.observation.tube.laboratory_id,
                data={"upstream": str(delivery.upstream_id)}, at=at,
            )  # fmt: skip
    return bool(changed)


def report_late(upstreams: Sequence[Upstream], *, at: datetime) -> int:
    """Open a case for each platform whose oldest result waits too long, and close those of the others; `upstreams` are
    all that are in use. Of those that are reported to by hand: too long without a batch, or without an answer to one.
    Returns how many are new."""
    unanswered = queries.list_unanswered(at - rules.ANSWER_WITHIN)
    late = [
        one
        for one in queries.get_standings(upstreams)
        if one.upstream.id in unanswered
        or (one.oldest and one.oldest < at - rules.wait_at_most(one.upstream.way, one.upstream.hand_in_hours))
    ]
    found = [
        Found(
            "not_reported", f"not_reported:{one.upstream.id}", one.upstream.organisation_id,
            one.upstream.organisation_id, None, one.upstream.id, "", one.waiting + one.sending,
        )
        for one in late
    ]  # fmt: skip
    return keep_up("not_reported", found, at=at)


def report_missed(upstreams: Sequence[Upstream], *, at: datetime) -> int:
    """Open a case for each platform with released results that no delivery is about, and close those of the others;
    what was released before the platform was set up is not meant. Returns how many are new."""
    known = list_references("not_enlisted")
    found = []
    for one in upstreams:
        back = LOOK_BACK if one.id in known else rules.MISSED_WITHIN
        since = max(at - back, rules.made_at(one.id))
        count = queries.count_unreported(one, since, at - rules.REPORT_WITHIN)
        if count:
            found.append(
                Found("not_enlisted", f"not_enlisted:{one.id}", one.organisation_id, one.organisation_id, None, one.id,
                      "", count)
            )  # fmt: skip
    return keep_up("not_enlisted", found, at=at)


def report_shut(upstreams: Sequence[Upstream], *, at: datetime) -> int:
    """Open a case for each platform that does not let us in, and close those of the others; returns how many are
    new. One is opened and closed at once where it happens (`settle`); here is found what was missed."""
    return keep_up(Kind.PLATFORM_SHUT, [shut_found(one) for one in upstreams if one.shut_since], at=at)


def try_now(upstream: Upstream, *, actor: Actor, at: datetime) -> None:
    """End the pause of a platform that does not let us in, because what kept us out is mended; `upstream` was loaded by
    `access_try`. It gets one result first, and everything once that was taken."""
    with transaction.atomic():
        Upstream.objects.filter(id=upstream.id, shut_since__isnull=False).update(paused_until=None)
        audit.record(
            actor, "lab.reporting.tried_now", subject_kind="upstream", subject_id=upstream.id,
            organisation_id=upstream.organisation_id, at=at,
        )  # fmt: skip


def close_accepted(*, at: datetime) -> None:
    """Close the cases of results that were refused and that the platform has accepted meanwhile."""
    known = list_references("report_refused")
    if known:
        close_gone("report_refused", queries.list_accepted(known), at=at)


def start_sending(job: Any, upstreams: Sequence[Upstream]) -> None:
    """Give each platform a job of its own, so that a slow one holds up no other; one that waits will do."""
    for upstream in upstreams:
        lock = f"lab.reporting.send:{upstream.id}"
        outbox.defer_once(job.name, queue=job.queue, lock=lock, upstream_id=str(upstream.id))
