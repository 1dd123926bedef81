"""Batches that a person carries: made, downloaded, handed in, answered. Each step is a transaction of its own, and who
took it is written down. The file is made together with its batch: whoever dies leaves both, or neither."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.kernel.line import ask
from huizhen.lab.exceptions.actions import close_gone, keep_up
from huizhen.lab.exceptions.models import Kind
from huizhen.lab.exceptions.rules import Found
from huizhen.lab.refused import Refused
from huizhen.lab.reporting import filling, queries, rules, sheet, workbooks
from huizhen.lab.reporting.actions.settling import settle
from huizhen.lab.reporting.actions.steps import put_together
from huizhen.lab.reporting.formats import Reported
from huizhen.lab.reporting.models import Batch, BatchState, Delivery, HandIn, Upstream
from huizhen.lab.reporting.ports import Answer, Outcome, Receipt

# Whoever makes the next file takes what has waited longest; that one of them was refused before poisons nothing.
CHOOSE = """
SELECT id FROM lab_delivery WHERE upstream_id = %s AND state = 'waiting' ORDER BY enlisted_at, id LIMIT %s
"""
AT_HAND = (BatchState.PREPARED, BatchState.DOWNLOADED)
GIVEN = (BatchState.HANDED_IN, BatchState.UNKNOWN)
LONGEST_REASON = 120


def prepare(upstream: Upstream, *, after: UUID | None, actor: Actor, at: datetime) -> Batch:
    """Make the next batch and its file; `upstream` was loaded by `access_by_hand`. `after` is the latest batch that the
    actor has seen: of two who press at once one makes it, and the other is told.

    Raises:
        Refused: `batch`: `batch_changed`, `nothing_waits`, `too_many_open`. `file`: the platform's own template.
    """
    with transaction.atomic():
        held = Upstream.objects.select_for_update(no_key=True).get(id=upstream.id)
        if _latest(held.id) != after:
            raise Refused({"batch": "batch_changed"})
        if queries.count_open(held.id) >= rules.MOST_OPEN:
            raise Refused({"batch": "too_many_open"})
        chosen = [row[0] for row in ask(CHOOSE, [held.id, held.most_at_once])]
        if not chosen:
            raise Refused({"batch": "nothing_waits"})
        batch = put_together(held, chosen, BatchState.PREPARED, at=at)
        content, first_row = _write(held, batch, queries.list_reported(batch.id), at)
        HandIn.objects.create(
            batch=batch, content=content, first_row=first_row, due_at=at + timedelta(hours=held.hand_in_hours),
            made_by_id=actor.account_id,
        )  # fmt: skip
        _note("made", batch, held, actor, at)
    return batch


def _latest(upstream_id: UUID) -> UUID | None:
    seen = queries.list_carried(upstream_id, limit=1)
    return seen[0].id if seen else None


def _write(upstream: Upstream, batch: Batch, results: Sequence[Reported], at: datetime) -> tuple[bytes, int]:
    """The file, and the row in which its first result stands, as Excel counts."""
    template = queries.get_template(upstream.id)
    if template is None or not template.headings:
        rows = sheet.write_rows(results)
        return workbooks.write_ours(sheet.write_headings(), rows, about=str(batch.id), at=at), 2
    found = workbooks.Found(template.sheet, template.header_row, template.headings)
    rows = sheet.write_rows(results, template.columns, template.words)
    return filling.fill(bytes(template.content), found, rows), template.header_row + 1


def download(batch: Batch, *, actor: Actor, at: datetime) -> bytes:
    """The file of a batch, the same bytes every time; `batch` was loaded by `access_batch`. Each download is written
    down, also for each person in it.

    Raises:
        Refused: `batch: batch_over`.
    """
    with transaction.atomic():
        held, carried = _hold(batch, (*AT_HAND, *GIVEN))
        if held.state == BatchState.PREPARED:
            carried.downloaded_at, carried.downloaded_by_id = at, actor.account_id
            carried.save(update_fields=["downloaded_at", "downloaded_by"])
            _set(held, BatchState.DOWNLOADED)
        _note("downloaded", held, batch.upstream, actor, at)
        people = Delivery.objects.filter(batch=held).order_by("patient_id").values_list("patient_id", flat=True)
        audit.record_patients(
            actor, "lab.reporting.exported", list(people.distinct()), organisation_id=batch.upstream.organisation_id,
            at=at,
        )  # fmt: skip
    return bytes(carried.content)


def hand_in(batch: Batch, *, receipt: str, handed_at: datetime, actor: Actor, at: datetime) -> Batch:
    """Note that the file was handed in, when, and under which number of the platform. Closes the exception.

    Raises:
        Refused: `batch: batch_moved`: it was not downloaded, or somebody has noted it. `handed_at: handed_at_wrong`.
    """
    with transaction.atomic():
        held, carried = _hold(batch, (BatchState.DOWNLOADED,))
        if not held.sent_at <= handed_at <= at:
            raise Refused({"handed_at": "handed_at_wrong"})
        carried.handed_at, carried.handed_by_id, carried.receipt = handed_at, actor.account_id, receipt.strip()[:80]
        carried.save(update_fields=["handed_at", "handed_by", "receipt"])
        _set(held, BatchState.HANDED_IN)
        _note("handed_in", held, batch.upstream, actor, at)
        close_gone(Kind.NOT_HANDED_IN, [held.id], at=at)
    return held


def take_answer(batch: Batch, refused: Mapping[int, str], *, actor: Actor, at: datetime) -> Batch:
    """Write down what the platform says of a file: `refused` has its reasons by place, all others are accepted. What
    was refused is set aside with a case, as that of any platform.

    Raises:
        Refused: `batch: batch_moved`. `refused: refused_outside`.
    """

    def receipts(carried: HandIn) -> Answer:
        keys = [row.id for row in queries.list_rows(carried.batch_id)]
        if not set(refused) <= set(range(len(keys))):
            raise Refused({"refused": "refused_outside"})
        said = {
            key: Receipt("refused", reason=refused[place]) if place in refused else Receipt("accepted", carried.receipt)
            for place, key in enumerate(keys)
        }
        return Answer(Outcome.ANSWERED, said)

    return _end(batch, GIVEN, receipts, "answered", actor, at)


def mark_unknown(batch: Batch, *, actor: Actor, at: datetime) -> Batch:
    """Nobody knows what became of a file that was handed in: the platform has to be asked.

    Raises:
        Refused: `batch: batch_moved`.
    """
    with transaction.atomic():
        held, _carried = _hold(batch, (BatchState.HANDED_IN,))
        _note("unknown", held, batch.upstream, actor, at)
        return settle(held.id, Answer(Outcome.UNKNOWN), at=at)


def give_back(batch: Batch, reason: str, *, actor: Actor, at: datetime) -> Batch:
    """The file never arrived, or the platform took nothing of it: its results wait for the next one.

    Raises:
        Refused: `batch: batch_moved`. `reason: missing` or `reason_too_long`.
    """
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Refused({"reason": "reason_too_long" if reason.strip() else "missing"})
    answer = Answer(Outcome.NEVER_HEARD, detail=reason.strip())
    return _end(batch, (*AT_HAND, *GIVEN), lambda _carried: answer, "given_back", actor, at)


def _end(
    batch: Batch, frm: Sequence[str], answer: Callable[[HandIn], Answer], did: str, actor: Actor, at: datetime
) -> Batch:
    """Settle a batch and delete its file: the ledger says what was in it."""
    with transaction.atomic():
        held, carried = _hold(batch, frm)
        made = settle(held.id, answer(carried), at=at)
        carried.content, carried.ended_by_id = b"", actor.account_id
        carried.save(update_fields=["content", "ended_by"])
        _note(did, held, batch.upstream, actor, at)
        close_gone(Kind.NOT_HANDED_IN, [held.id], at=at)
    return made


def _hold(batch: Batch, states: Sequence[str]) -> tuple[Batch, HandIn]:
    """Lock the platform, then the batch, in the order of `settle`; the batch must be in one of these states."""
    Upstream.objects.select_for_update(no_key=True).get(id=batch.upstream_id)
    held = Batch.objects.select_for_update().get(id=batch.id)
    if held.state not in states:
        over = held.state in (BatchState.ANSWERED, BatchState.GONE)
        raise Refused({"batch": "batch_over" if over else "batch_moved"})
    return held, HandIn.objects.get(batch=held)


def _set(held: Batch, state: BatchState) -> None:
    held.state = state
    held.save(update_fields=["state"])


def _note(did: str, batch: Batch, upstream: Upstream, actor: Actor, at: datetime) -> None:
    given: dict[str, Any] = {"upstream": str(upstream.id), "size": batch.size}
    audit.record(
        actor, f"lab.reporting.batch_{did}", subject_kind="batch", subject_id=batch.id,
        organisation_id=upstream.organisation_id, data=given, at=at,
    )  # fmt: skip


def report_not_handed_in(*, at: datetime) -> int:
    """Open a case for each batch whose time to be handed in is over, and close those of the others; returns how many
    are new."""
    found = [
        Found(Kind.NOT_HANDED_IN, f"{Kind.NOT_HANDED_IN}:{one.id}", one.upstream.organisation_id,
              one.upstream.organisation_id, None, one.id, "", one.size)
        for one in queries.list_not_handed_in(at)
    ]  # fmt: skip
    return keep_up(Kind.NOT_HANDED_IN, found, at=at)
