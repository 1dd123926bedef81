"""The sweep: what is due and not told yet is told, or moved. Its cost follows what is due, never what is open."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from huizhen.kernel import calendar
from huizhen.kernel.access import SYSTEM
from huizhen.kernel.flow import clocks
from huizhen.kernel.flow.door import apply
from huizhen.kernel.flow.language import Alert, Refused, Remind, Then
from huizhen.kernel.flow.ledger import Held, hold, record, write
from huizhen.kernel.flow.models import CaseDeadline

BATCH = 500
LATER = timedelta(minutes=10)

log = structlog.get_logger(__name__)


def sweep(at: datetime, *, limit: int = BATCH) -> int:
    """Handle deadlines that are due at `at`, oldest first, one per case and pass; returns how many.

    Two sweeps at once share the work: a case that another holds is skipped, and looked at again by the next pass.
    """
    due = CaseDeadline.objects.filter(sweep_at__lte=at).order_by("sweep_at")[:limit]
    return _sweep(list(dict.fromkeys(due.values_list("case_id", flat=True))), at)


def _sweep(case_ids: list[UUID], at: datetime) -> int:
    """Handle these cases in one transaction; where it fails, each half in one of its own, until the bad case stands
    alone: so it holds up no other, and who is many stays cheap."""
    if not case_ids:
        return 0
    try:
        return _sweep_together(case_ids, at)
    except (OperationalError, InterfaceError):
        raise  # The database itself: nobody's case, and the next pass tries again.
    except Exception:
        if len(case_ids) == 1:
            log.exception("sweep_failed", case=str(case_ids[0]))
            return _put_off(case_ids[0], at)
    half = len(case_ids) // 2
    return _sweep(case_ids[:half], at) + _sweep(case_ids[half:], at)


@transaction.atomic
def _sweep_together(case_ids: list[UUID], at: datetime) -> int:
    handled = [held for held in hold(case_ids, skip_locked=True) if _handle(held, at)]
    if handled:
        write(handled, at)
    return len(handled)


def _put_off(case_id: UUID, at: datetime) -> int:
    """Look at a bad case again later, so that many of them never fill a whole pass."""
    CaseDeadline.objects.filter(case_id=case_id, sweep_at__lte=at).update(sweep_at=at + LATER)
    return 0


def sweep_all(at: datetime) -> int:
    """Sweep until nothing is due."""
    total = 0
    while handled := sweep(at):
        total += handled
    return total


def _handle(held: Held, at: datetime) -> bool:
    ripe = [clock for clock in held.running() if clock.sweep_at is not None and clock.sweep_at <= at]
    if not ripe:
        return False
    clock = min(ripe, key=lambda each: each.due_at)
    clock.breached_at = clock.breached_at or clock.due_at
    late = held.flow.late(held.case.state, clock.name)
    if isinstance(late, Remind) and clock.reminders < late.times:
        _remind(held, clock, late, at)
    elif isinstance(late, Remind | Then):
        _move_on(held, clock, late.then if isinstance(late, Remind) else late.move, at)
    elif isinstance(late, Alert):
        _alert(held, clock, late.to, at)
    return True


def _remind(held: Held, clock: CaseDeadline, late: Remind, at: datetime) -> None:
    clock.reminders += 1
    clock.sweep_at = calendar.due(at, late.every)
    _tell(held, "reminded", clock, _holder(clock), at)


def _alert(held: Held, clock: CaseDeadline, to: tuple[str, ...], at: datetime) -> None:
    clock.sweep_at = None
    _tell(held, "late", clock, (*_holder(clock), *to), at)


def _move_on(held: Held, clock: CaseDeadline, name: str, at: datetime) -> None:
    clock.sweep_at = None
    if not clocks.belongs_to_state(clock):
        clocks.end(clock, at, met=False)
    if held.case.state not in held.flow.move(name).sources:
        return _tell(held, "late", clock, ("owner",), at)
    try:
        apply(held, name, actor=SYSTEM, at=at, data={"clock": clock.name})
    except Refused:
        # A guard that says no must not hold up the other cases of the batch: people are told instead.
        _tell(held, "late", clock, ("owner", *held.flow.told_of_delay), at)
    return None


def _tell(held: Held, act: str, clock: CaseDeadline, tells: tuple[str, ...], at: datetime) -> None:
    record(
        held, f"{held.flow.kind}.{act}", actor=SYSTEM, at=at, from_state=held.case.state,
        data={"clock": clock.name, "due": clock.due_at.isoformat(), "count": clock.reminders}, tells=tells,
    )  # fmt: skip


def _holder(clock: CaseDeadline) -> tuple[str, ...]:
    return (f"account:{clock.holder_id}",) if clock.holder_id else ("owner",)
