"""Giving a tube up together with what was found in it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused
from huizhen.lab.results.actions.deciding import turn_down
from huizhen.lab.results.models import Observation, Status
from huizhen.lab.specimens.actions import void_tube
from huizhen.lab.specimens.models import Tube

WAITING = (Status.REVIEW, Status.WITHHELD)


def give_up(tube_id: UUID, *, reason: str, actor: Actor, at: datetime) -> Tube:
    """Give a tube up; each value of it that waits for a review, or is withheld, is rejected with the same reason, as
    its next state and never as another value. What was released of it stays, and a tube that is released is not given
    up. `tube_id` was loaded by `access_to_void`. A second time changes nothing. Emits `lab.specimens.voided`, from
    which whoever waits is told, and `lab.results.rejected` per value.

    Raises:
        Refused: `reason: missing`, `tube: released_already`; also of a mixed tube whose persons still see a negative
            that what is withheld contradicts: it is taken back first.
    """
    with transaction.atomic():
        tube = void_tube(tube_id, reason=reason, actor=actor, at=at)  # holds the tube, as the matcher does
        waiting = Observation.objects.select_for_update(no_key=True).filter(tube=tube, status__in=WAITING)
        newer = Observation.objects.filter(series=OuterRef("series"), version__gt=OuterRef("version"))
        if waiting.filter(~Exists(newer), status=Status.WITHHELD, reasons__contains=["conflict"]).exists():
            raise Refused({"tube": "released_already"})
        for row in waiting.order_by("id"):
            turn_down(row, reason, actor, at)
    return tube
