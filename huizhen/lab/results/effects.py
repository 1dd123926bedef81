"""What follows results: critical values ring the doctor, corrections are told to whoever was told before."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, notify, outbox
from huizhen.lab.results.models import Observation
from huizhen.lab.results.queries import get_observation
from huizhen.lab.specimens.models import TestOrder

LADDER = {"normal": ("sms", "email"), "urgent": ("sms", "wecom", "email")}
CRITICAL = notify.register(
    "lab.results.critical",
    title=_("Critical value, specimen %(number)s"),
    body=_("A value of specimen %(number)s needs you now. Look: %(link)s"),
    ladder=LADDER,
)
CORRECTED = notify.register(
    "lab.results.corrected",
    title=_("Corrected result, specimen %(number)s"),
    body=_("A result of specimen %(number)s that you have seen was corrected. Look again: %(link)s"),
    ladder=LADDER,
)
ROLE = "laboratory"


@outbox.on("lab.results.critical", "lab.results.corrected")
def ring(payload: dict[str, Any]) -> None:
    """Tell the ordering doctor, urgently; where no doctor ordered, the laboratory's own staff. Once per version."""
    row = get_observation(UUID(payload["observation"]))
    if row is None:
        return
    doctors = TestOrder.objects.filter(tube=row.tube_id, doctor__isnull=False).values_list("doctor_id", flat=True)
    context = {"number": row.tube.barcode, "link": f"/lab/tubes/{row.tube.barcode}/"}
    given: dict[str, Any] = {
        "key": f"{payload['event']}:{row.id}",
        "context": context,
        "urgency": "urgent",
        "at": clock.now(),
    }
    if doctors:
        notify.tell(payload["event"], list(doctors), **given)
    elif payload["event"] == CRITICAL or _was_seen(row):
        notify.tell_team(payload["event"], role=ROLE, organisation_id=row.tube.laboratory_id, **given)


def _was_seen(row: Observation) -> bool:
    return row.version > 1
