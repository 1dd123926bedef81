"""What follows: a confirmed errand thanks its helper, by a job that may run twice."""

from uuid import UUID

from huizhen.kernel import clock, outbox
from huizhen.kernel.effects import register_notifications
from huizhen.kernel.flow.models import Case, Participant
from huizhen.kernel.notify import register, tell
from tests.example import actions
from tests.example.flow import ERRAND

# A feature of the product is named in `config/wiring.py`, which does this for every flow.
register_notifications(ERRAND)
THANKS = register("example.errand.thanks", title="谢谢 · %(number)s", body="跑腿 %(number)s 已完成，谢谢您。")


@outbox.on("example.errand.confirm")
def thank(payload: dict) -> None:
    """Thank the helper once, however often this runs: the key names what it follows."""
    at, case = clock.now(), Case.objects.get(id=UUID(payload["case"]))
    helpers = Participant.objects.filter(case=case, capacity="helper").values_list("account_id", flat=True)
    tell(THANKS, list(helpers), key=f"thanks:{case.id}", context={"number": case.number, "case": case.id}, at=at)
    actions.note_thanks(case.id, at=at)
