"""Keeping templates and rules; what stood before is kept as history by the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from huizhen.consult.panels.access import check_manage
from huizhen.consult.panels.models import PanelRule, PanelSeat, PanelTemplate
from huizhen.consult.panels.queries import describe_rule, describe_template
from huizhen.consult.panels.rules import RuleThere
from huizhen.kernel import audit
from huizhen.kernel.access import Actor, NotVisible
from huizhen.people.seen import check_seen


class NoSeats(ValueError):
    """A template needs at least one seat, and none twice."""


@transaction.atomic
def save_template(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    seats: Sequence[str],
    chair: str = "",
    name_en: str = "",
    topics: Sequence[str] = (),
    is_active: bool = True,
    template_id: UUID | None = None,
    seen: str = "",
) -> PanelTemplate:
    """Make a template, or change one. `seats` are codes of specialties in order, `chair` is one of them. `seen` is the
    stamp of `queries.describe_template` as the page showed it.

    Raises:
        NotAllowed: the actor keeps no panels. NotVisible: no such template. NoSeats. ChangedMeanwhile: it is no longer
            as the page showed it.
    """
    check_manage(actor)
    if not seats or len(set(seats)) < len(seats) or (chair and chair not in seats):
        raise NoSeats(name)
    held = PanelTemplate.objects.select_for_update()
    row = held.filter(pk=template_id).first() if template_id else PanelTemplate()
    if row is None:
        raise NotVisible(template_id)
    before = describe_template(row) if template_id else {}
    check_seen(before, seen)
    row.name, row.name_en, row.topics, row.is_active = name, name_en, list(topics), is_active
    row.save()
    _put_seats(row, seats, chair)
    _note(actor, "template", row, before, describe_template(row), at)
    return row


@transaction.atomic
def save_rule(
    specialty: str,
    *,
    quorum: int,
    chair_title: str = "",
    chair_of_specialty: bool = False,
    actor: Actor,
    at: datetime,
    seen: str = "",
    new: bool = False,
) -> PanelRule:
    """Say what a specialty asks of its panels. `seen` is the stamp of `queries.describe_rule` as the page showed it;
    `new`: the page showed none.

    Raises:
        NotAllowed: the actor keeps no panels. RuleThere: not new at all. ChangedMeanwhile: it is no longer as the page
            showed it.
    """
    check_manage(actor)
    held = PanelRule.objects.select_for_update().filter(specialty_id=specialty).first()
    before = describe_rule(held) if held else {}
    if new and held:
        raise RuleThere(specialty)
    check_seen(before, seen)
    row, _made = PanelRule.objects.update_or_create(
        specialty_id=specialty,
        defaults={"quorum": quorum, "chair_title": chair_title, "chair_of_specialty": chair_of_specialty},
    )
    _note(actor, "rule", row, before, describe_rule(row), at)
    return row


def _note(
    actor: Actor, what: str, row: PanelTemplate | PanelRule, before: dict[str, Any], after: dict[str, Any], at: datetime
) -> None:
    if changed := audit.compare(before, after):
        audit.record(
            actor, f"consult.panel.{what}_{'changed' if before else 'made'}", subject_kind=f"panel_{what}",
            subject_id=row.pk, data={"changed": changed}, at=at,
        )  # fmt: skip


def _put_seats(row: PanelTemplate, seats: Sequence[str], chair: str) -> None:
    held = {seat.specialty_id: (seat.place, seat.chairs) for seat in row.seats.all()}
    if held != {code: (place, code == chair) for place, code in enumerate(seats, start=1)}:
        row.seats.all().delete()
        PanelSeat.objects.bulk_create(
            PanelSeat(template=row, specialty_id=code, place=place, chairs=code == chair)
            for place, code in enumerate(seats, start=1)
        )
