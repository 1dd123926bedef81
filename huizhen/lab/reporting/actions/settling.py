"""The third step of a report: how a call ended, written down in a transaction of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import ids
from huizhen.kernel.line import ask
from huizhen.lab.exceptions.actions import close_gone, report_trouble
from huizhen.lab.exceptions.models import Kind
from huizhen.lab.exceptions.rules import Found
from huizhen.lab.reporting import queries, rules
from huizhen.lab.reporting.models import Batch, BatchState, Delivery, State, Upstream
from huizhen.lab.reporting.ports import Answer, Outcome, Receipt

# A delivery that a second question answers differently stays as it was settled first.
SETTLE = """
UPDATE lab_delivery d SET state = s.state, receipt = s.receipt, reason = s.reason, settled_at = %s, cohort = NULL
  FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS s(id, state, receipt, reason)
 WHERE d.id = s.id AND d.batch_id = %s AND d.state = 'sending'
RETURNING d.id, d.state
"""


def settle(batch_id: UUID, answer: Answer, *, at: datetime) -> Batch:
    """Write down how a call ended. An answer to a batch that is settled changes nothing.

    What the platform refused is set aside with a case; the rest of the batch goes its way.
    """
    with transaction.atomic():
        upstream_id = Batch.objects.values_list("upstream_id", flat=True).get(id=batch_id)
        upstream = Upstream.objects.select_for_update(no_key=True).get(id=upstream_id)
        batch = Batch.objects.select_for_update().get(id=batch_id)
        if batch.state not in queries.OPEN:
            return batch
        batch.detail = answer.detail[:120]
        if answer.outcome == Outcome.ANSWERED:
            freed = _free_unheard(batch, answer.receipts)
            refused = _settle_each(batch, answer.receipts, at)
            if freed:
                _pause(upstream, answer, at)
            else:
                _resume(upstream, batch, at)
        elif answer.outcome == Outcome.REFUSED_WHOLE:
            refused = _refuse_one(batch, answer, at)
            _resume(upstream, batch, at)
        else:
            refused = []
            _settle_unanswered(batch, upstream, answer, at)
        batch.save(update_fields=["state", "answered_at", "asked_at", "detail"])
        for delivery_id in refused:
            _report_refused(upstream, delivery_id, at)
    return batch


def _settle_each(batch: Batch, receipts: Mapping[UUID, Receipt], at: datetime) -> list[UUID]:
    """Each by its own receipt. What the answer does not name stays on its way: it may have been taken, and is asked
    about until the platform says what became of it."""
    rows = [
        (key, rules.SETTLED_AS[one.status], one.receipt, one.reason)
        for key, one in receipts.items()
        if one.status in rules.SETTLED_AS
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    settled = ask(SETTLE, [at, *columns, batch.id])
    if len(settled) < batch.size and Delivery.objects.filter(batch=batch, state=State.SENDING).exists():
        batch.state, batch.asked_at = BatchState.UNKNOWN, at
    else:
        batch.state, batch.answered_at = BatchState.ANSWERED, at
    return sorted(key for key, state in settled if state == State.REFUSED)


def _free_unheard(batch: Batch, receipts: Mapping[UUID, Receipt]) -> int:
    """Let wait again what the platform itself says it does not have; how many."""
    unheard = [key for key, one in receipts.items() if one.status == rules.UNHEARD]
    return _free(batch, id__in=unheard) if unheard else 0


def _refuse_one(batch: Batch, answer: Answer, at: datetime) -> list[UUID]:
    """One poisons the batch: halve until it stands alone."""
    batch.state, batch.answered_at = BatchState.ANSWERED, at
    if batch.size > 1:
        _halve(batch)
        return []
    mine = Delivery.objects.filter(batch=batch, state=State.SENDING)
    refused = list(mine.values_list("id", flat=True))
    mine.update(state=State.REFUSED, settled_at=at, reason=answer.detail[:120], cohort=None)
    return refused


def _halve(batch: Batch) -> None:
    """Let each half wait as a cohort of its own."""
    mine = list(Delivery.objects.filter(batch=batch, state=State.SENDING).order_by("id").values_list("id", flat=True))
    middle = (len(mine) + 1) // 2
    for half in (mine[:middle], mine[middle:]):
        Delivery.objects.filter(id__in=half).update(state=State.WAITING, batch=None, cohort=ids.new_id())


def _settle_unanswered(batch: Batch, upstream: Upstream, answer: Answer, at: datetime) -> None:
    # Who has answered for some of a batch has heard of it, whatever is said later.
    is_heard = answer.outcome == Outcome.NEVER_HEARD and queries.is_settled_in_part(batch)
    if answer.outcome == Outcome.UNKNOWN or is_heard:
        batch.state, batch.asked_at = BatchState.UNKNOWN, at
        return
    batch.state, batch.answered_at = BatchState.GONE, at
    if answer.outcome == Outcome.TOO_LARGE and batch.size > 1:
        _halve(batch)
        return
    _free(batch)
    if answer.outcome in (Outcome.TOO_LARGE, Outcome.SHUT):
        _shut(upstream, answer.why or "size", at)
    elif answer.outcome in (Outcome.BUSY, Outcome.NOT_ARRIVED):
        _pause(upstream, answer, at)


def _shut(upstream: Upstream, why: str, at: datetime) -> None:
    """Nothing of us gets in, and no result is to blame: leave the platform alone, and tell its owner."""
    if upstream.shut_since is None:
        report_trouble(shut_found(upstream), at=at)
    upstream.shut_since, upstream.shut_why = upstream.shut_since or at, why
    upstream.paused_until = at + rules.SHUT_PAUSE
    upstream.save(update_fields=["paused_until", "shut_since", "shut_why"])


def shut_found(upstream: Upstream) -> Found:
    """The trouble of a platform that does not let us in."""
    place = upstream.organisation_id
    return Found(Kind.PLATFORM_SHUT, f"{Kind.PLATFORM_SHUT}:{upstream.id}", place, place, None, upstream.id)


def _free(batch: Batch, **which: Any) -> int:
    return Delivery.objects.filter(batch=batch, state=State.SENDING, **which).update(state=State.WAITING, batch=None)


def _pause(upstream: Upstream, answer: Answer, at: datetime) -> None:
    upstream.paused_until = at + rules.pause(upstream.failures, answer.wait)
    upstream.failures = min(upstream.failures + 1, 100)
    upstream.save(update_fields=["paused_until", "failures"])


def _resume(upstream: Upstream, batch: Batch, at: datetime) -> None:
    """The platform takes again. Where it did not let us in, only what was sent since then shows that it does now."""
    if upstream.shut_since and batch.sent_at < upstream.shut_since:
        return
    if upstream.shut_since:
        close_gone(Kind.PLATFORM_SHUT, [upstream.id], at=at)
    if upstream.failures or upstream.paused_until or upstream.shut_since:
        upstream.failures, upstream.paused_until, upstream.shut_since, upstream.shut_why = 0, None, None, ""
        upstream.save(update_fields=["failures", "paused_until", "shut_since", "shut_why"])


def _report_refused(upstream: Upstream, delivery_id: UUID, at: datetime) -> None:
    row = Delivery.objects.select_related("observation__tube").get(id=delivery_id)
    tube = row.observation.tube
    found = Found(
        "report_refused", f"report_refused:{row.id}", tube.laboratory_id, tube.laboratory_id, tube.site_id, row.id,
        tube.barcode,
    )  # fmt: skip
    report_trouble(found, at=at)
