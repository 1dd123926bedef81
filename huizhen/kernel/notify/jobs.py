"""The jobs of delivery. Each may run twice: claims are taken under lock and an attempt is made once."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError

from huizhen.kernel import clock, outbox
from huizhen.kernel.notify import budget
from huizhen.kernel.notify.delivering import deliver, note_failed
from huizhen.kernel.notify.models import Delivery, State

FORGOTTEN_FOR = timedelta(minutes=1)
BATCH = 500

log = structlog.get_logger(__name__)


@outbox.task("notify.deliver", queue="notify")
def deliver_job(delivery: str) -> None:
    """Try a delivery, and come back when it must wait."""
    due_at = deliver(UUID(delivery), clock.now())
    if due_at:
        schedule(UUID(delivery), due_at)


def schedule(delivery_id: UUID, due_at: datetime) -> None:
    """Store the job of a delivery, in the caller's transaction where there is one."""
    deliver_job.configure(schedule_at=due_at).defer(delivery=str(delivery_id))


@outbox.periodic("notify.sweep", "* * * * *")
def sweep() -> None:
    """Pick up deliveries whose job was lost with its worker, and forget old budgets."""
    at = clock.now()
    forgotten = Delivery.objects.filter(state=State.WAITING, due_at__lt=at - FORGOTTEN_FOR).order_by("due_at")
    for delivery_id in list(forgotten.values_list("id", flat=True)[:BATCH]):
        _pick_up(delivery_id)
    budget.forget_old(at)


def _pick_up(delivery_id: UUID) -> None:
    """Deliver; where it fails, note that and leave the others undisturbed."""
    try:
        deliver_job.func(delivery=str(delivery_id))
    except (OperationalError, InterfaceError):
        raise  # The database itself: no delivery's fault, and the next pass tries again.
    except Exception as error:
        log.exception("delivery_failed", subject_kind="delivery", subject=str(delivery_id))
        note_failed(delivery_id, error, clock.now())
