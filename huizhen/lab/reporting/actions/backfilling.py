"""Results that were released before a platform was set up: put into its ledger in parts, each a transaction that notes
how far it came. The key of a delivery comes from its content, so whatever is there already stays alone."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.line import ask
from huizhen.lab.reporting import queries, rules
from huizhen.lab.reporting.actions.steps import ENTER
from huizhen.lab.reporting.models import Backfill, Upstream
from huizhen.lab.specimens.queries import list_seats

PART = 500


def begin_backfill(upstream: Upstream, since: datetime, *, expected: int, actor: Actor, at: datetime) -> Backfill:
    """Have what was released since then, and is not in this platform's ledger, put there; `upstream` was loaded by
    `access_upstream`, `expected` is the count that was shown and confirmed. Where one is under way, that one is
    returned. Emits `lab.reporting.backfill_begun`."""
    try:
        with transaction.atomic():
            made = Backfill.objects.create(
                upstream=upstream, since=since, until=at, expected=expected, asked_by_id=actor.account_id, asked_at=at
            )
            audit.record(
                actor, "lab.reporting.backfill_begun", subject_kind="upstream", subject_id=upstream.id,
                organisation_id=upstream.organisation_id, data={"since": since.isoformat(), "expected": expected},
                at=at,
            )  # fmt: skip
            outbox.emit("lab.reporting.backfill_begun", backfill=str(made.id))
    except IntegrityError as error:
        if "backfill_one_at_a_time" not in str(error):
            raise
        return Backfill.objects.get(upstream=upstream, ended_at=None)
    return made


def fill_part(backfill_id: UUID, *, at: datetime) -> bool:
    """Put the next part into the ledger; whether anything is left for this worker. May be repeated: nothing is entered
    twice."""
    with transaction.atomic():
        held = Backfill.objects.select_for_update(skip_locked=True, of=("self",)).select_related("upstream").filter(
            id=backfill_id, ended_at=None
        ).first()  # fmt: skip
        if held is None:
            return False
        rows = queries.list_unreported(held.upstream, held.since, held.until, after=held.reached, limit=PART)
        seats = list_seats({row.tube_id for row in rows})
        made = [
            (rules.delivery_id(held.upstream_id, person, row.series, row.version), held.upstream_id, row.id, patient_id)
            for row in rows
            for patient_id, person in seats[row.tube_id]
        ]
        if made:
            entered = ask(ENTER + " RETURNING id", [at, *map(list, zip(*made, strict=True))])
            held.made += len(entered)
            held.known += len(made) - len(entered)
        held.reached = rows[-1].id if rows else held.reached
        held.ended_at = at if len(rows) < PART else None
        held.save()
    return held.ended_at is None
