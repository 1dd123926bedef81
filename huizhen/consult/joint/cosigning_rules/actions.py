"""Keeping co-signing rules; what stood before is kept as history."""

from datetime import datetime

from django.db import transaction

from huizhen.consult.joint.cosigning_rules.access import check_manage
from huizhen.consult.joint.cosigning_rules.queries import describe
from huizhen.consult.joint.models import CosigningRule
from huizhen.consult.panels.rules import RuleThere
from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.people.seen import check_seen


@transaction.atomic
def save_rule(
    specialty: str, *, everybody: bool, actor: Actor, at: datetime, seen: str = "", new: bool = False
) -> CosigningRule:
    """Say whether all experts of a specialty's consultations sign its reports; `everybody` false: who wishes to, as
    without a rule. Reports that were approved before stay with the signatures asked for then.

    `seen` is the stamp of `queries.describe` as the page showed it; `new`: the page showed none.

    Raises:
        NotAllowed: the actor keeps no rules. RuleThere: not new at all. ChangedMeanwhile: it is no longer as the page
            showed it.
    """
    check_manage(actor)
    held = CosigningRule.objects.select_for_update().filter(specialty_id=specialty).first()
    before = describe(held) if held else {}
    if new and held:
        raise RuleThere(specialty)
    check_seen(before, seen)
    row, _made = CosigningRule.objects.update_or_create(specialty_id=specialty, defaults={"everybody": everybody})
    if changed := audit.compare(before, describe(row)):
        audit.record(
            actor, f"consult.cosigning_rule.{'changed' if before else 'made'}", subject_kind="cosigning_rule",
            subject_id=row.pk, data={"changed": changed}, at=at,
        )  # fmt: skip
    return row
