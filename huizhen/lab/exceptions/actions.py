"""Opening exceptions, repairing them, closing them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from huizhen.kernel import pulse
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.door import move, open_case
from huizhen.lab.exceptions import finders, queries, repairs, rules
from huizhen.lab.exceptions.flow import EXCEPTION
from huizhen.lab.exceptions.models import Kind, Trouble
from huizhen.lab.exceptions.rules import Found
from huizhen.lab.instruments.actions import ask_again
from huizhen.lab.instruments.models import ResultRequest
from huizhen.lab.refused import Refused
from huizhen.records.merging.actions import split_patients
from huizhen.records.merging.queries import find_likeness, get_merge

# Opened by those who hear of it, not by a finder: `keep_up` and `close_gone` close them.
REPORTED = frozenset({Kind.NOT_REPORTED, Kind.NOT_ENLISTED, Kind.NOT_HANDED_IN, Kind.REPORT_REFUSED,
                      Kind.PLATFORM_SHUT})  # fmt: skip


def look(*, at: datetime) -> int:
    """Look over the whole chain: open what is new, count anew what is known, close what is gone; returns how many are
    new. Two lookers at once open nothing twice."""
    found = {one.subject: one for finder in finders.FINDERS for one in finder(at)}
    return _keep_up(found, Trouble.objects.exclude(kind__in=REPORTED), at)


def look_into_box(box_id: UUID, *, at: datetime) -> bool:
    """Open at once what the count of a box that was just opened means, before the whole chain is looked over; whether
    tubes are missing from it, or more were in it than sealed."""
    found = list(finders.find_boxes(at, box_id))
    for one in found:
        report_trouble(one, at=at)
    return bool(found)


def keep_up(kind: str, found: Iterable[Found], *, at: datetime) -> int:
    """As `look`, for one kind that another room looks for: `found` is everything of it that is in trouble now."""
    return _keep_up({one.subject: one for one in found}, Trouble.objects.filter(kind=kind), at)


def close_gone(kind: str, references: Iterable[UUID], *, at: datetime) -> None:
    """Close what is open of a kind about these things: they are in trouble no more."""
    for row in Trouble.objects.filter(kind=kind, reference__in=list(references), closed_at=None):
        _vanish(row, at)


def _keep_up(found: dict[str, Found], among: QuerySet[Trouble], at: datetime) -> int:
    known = {row.subject: row for row in among.filter(closed_at=None)}
    for subject, row in known.items():
        if subject not in found:
            _vanish(row, at)
        elif row.count != found[subject].count:
            Trouble.objects.filter(id=row.id).update(count=found[subject].count)
    settled = _list_settled(found.keys() - known.keys(), at)
    fresh = [found[subject] for subject in found if subject not in known and subject not in settled]
    return sum(report_trouble(one, at=at) is not None for one in fresh)


def _list_settled(subjects: Iterable[str], at: datetime) -> set[str]:
    """What a person has closed although it can still be found is not opened again: a single thing as long as it is
    looked at, a count of many for some hours."""
    closed = Trouble.objects.filter(
        subject__in=list(subjects), closed_by__isnull=False, closed_at__gte=at - rules.LOOK_BACK
    )
    return {
        row.subject
        for row in closed
        if row.kind not in rules.COUNTED or (row.closed_at and row.closed_at >= at - rules.QUIET_FOR)
    }


def report_trouble(found: Found, *, at: datetime) -> Trouble | None:
    """Open a case for trouble; None where it is open already. Emits `lab.exceptions.opened`."""
    try:
        with transaction.atomic():
            if Trouble.objects.filter(subject=found.subject, closed_at=None).exists():
                return None
            case = open_case(
                EXCEPTION, actor=SYSTEM, at=at, organisation_id=found.organisation_id, urgency=found.urgency,
                team_organisation_id=found.laboratory_id, data={"kind": found.kind}, tells=("team:laboratory",),
            )  # fmt: skip
            made = Trouble.objects.create(
                case=case, kind=found.kind, subject=found.subject, reference=found.reference, count=found.count,
                barcode=found.barcode[:60], site_id=found.site_id, laboratory_id=found.laboratory_id, found_at=at,
            )  # fmt: skip
            pulse.beat((f"lab:exceptions:{found.laboratory_id}", int(at.timestamp() * 1000)))
    except IntegrityError as error:
        if "trouble_open_once" not in str(error):
            raise
        return None
    return made


def _vanish(row: Trouble, at: datetime) -> None:
    with transaction.atomic():
        held = Trouble.objects.select_for_update(skip_locked=True).filter(id=row.id, closed_at=None).first()
        if held is not None:
            move(held.case_id, "vanish", actor=SYSTEM, at=at)
            _close(held, at, None)


def propose_repair(
    trouble: Trouble, *, actor: Actor, at: datetime, barcode: str = "", survivor: UUID | None = None, note: str = ""
) -> Trouble:
    """Propose the repair of this kind; it is made when a second person confirms it. Of two records `survivor` remains,
    and `note` says how somebody knows that they are one person's.

    Raises:
        Refused: `barcode`, `survivor`, `note`, or `repair: not_repairable`. NotAllowed, WrongState: as the flow's door.
    """
    repair = rules.REPAIRS.get(trouble.kind, "")
    if repair not in rules.CONFIRMED_BY_SECOND:
        raise Refused({"repair": "not_repairable"})
    if repair == "merge":
        values = {"repair": repair, **repairs.check_pair(trouble, survivor, note)}
    else:
        values = {"repair": repair, "barcode": repairs.check_barcode(repair, trouble, barcode)}
    with transaction.atomic():
        move(trouble.case_id, "propose", actor=actor, at=at, data={"repair": repair})
        held = Trouble.objects.select_for_update().get(id=trouble.id)
        held.repair, held.proposed_by_id = values, actor.account
        held.save(update_fields=["repair", "proposed_by"])
    return held


def confirm_repair(trouble: Trouble, *, actor: Actor, at: datetime) -> Trouble:
    """Make the proposed repair: by somebody else than who proposed it.

    Raises:
        Refused: `repair: same_person`, or what the repair itself refuses. NotAllowed, WrongState.
    """
    with transaction.atomic():
        repair = rules.REPAIRS.get(trouble.kind, "")
        move(trouble.case_id, "confirm", actor=actor, at=at, data={"repair": repair})
        held = Trouble.objects.select_for_update().get(id=trouble.id)
        if held.proposed_by_id == actor.account_id:  # under the lock: the proposal may be another one meanwhile
            raise Refused({"repair": "same_person"})
        repairs.make(held, actor=actor, at=at)
        _close(held, at, actor)
    return held


def undo_merge(trouble: Trouble, *, reason: str, actor: Actor, at: datetime) -> Trouble | None:
    """Take back what this case has joined: each record is again what it was, and the trouble is open again, as a case
    of its own. Twice is once.

    Raises:
        Refused: `repair: not_repairable`; of records: `reason`.
    """
    merge = get_merge(UUID(trouble.repair["merge"])) if trouble.repair and "merge" in trouble.repair else None
    if merge is None or trouble.closed_at is None:
        raise Refused({"repair": "not_repairable"})
    if merge.undone_at is not None:
        return None
    with transaction.atomic():
        split_patients(merge, reason=reason, actor=actor, at=at)
        return open_again(merge.survivor_id, merge.replaced_id, at=at)


def open_again(survivor_id: UUID, replaced_id: UUID, *, at: datetime) -> Trouble | None:
    """Two records were taken apart again: the trouble that joining them had ended is open once more, if it was one of
    a laboratory. None where it is open already."""
    first, second = sorted((survivor_id, replaced_id))
    likeness = find_likeness(first, second)
    past = Trouble.objects.filter(subject=f"{Kind.TWO_RECORDS}:{likeness.id}").last() if likeness else None
    if past is None:
        return None
    found = Found(
        past.kind, past.subject, past.laboratory_id, past.case.organisation_id, past.site_id, past.reference,
        past.barcode,
    )  # fmt: skip
    return report_trouble(found, at=at)


def repair_now(trouble: Trouble, *, actor: Actor, at: datetime) -> Trouble:
    """Make a repair that nobody has to confirm, because it can only show what was released anyway.

    Raises:
        Refused: `repair: not_repairable`. NotAllowed, WrongState.
    """
    repair = rules.REPAIRS.get(trouble.kind, "")
    if not repair or repair in rules.CONFIRMED_BY_SECOND:
        raise Refused({"repair": "not_repairable"})
    with transaction.atomic():
        move(trouble.case_id, "solve", actor=actor, at=at, reason=repair)
        held = Trouble.objects.select_for_update().get(id=trouble.id)
        held.repair = {"repair": repair}
        repairs.make(held, actor=actor, at=at)
        _close(held, at, actor)
    return held


def ask_instrument(
    trouble: Trouble, instrument_id: UUID, *, actor: Actor, at: datetime, is_safe: bool = False, barcode: str = ""
) -> list[ResultRequest]:
    """Ask an instrument once more for the results this is about; each question is one row of its ledger. The case
    stays open: it closes by itself when the results are there. `is_safe`: somebody has looked that enough specimen
    is left, where asking means running it again. `barcode`: of the tube, read from its label, where the messages do
    not say whose results they hold (`rules.NAMED`).

    Raises:
        Refused: `instrument: not_asked`; `is_safe: look_first`; `barcode`; `repair: not_repairable`. NotAllowed,
            WrongState.
    """
    specimens = repairs.check_asked(trouble, barcode, queries.list_specimens(trouble, at))
    instrument = next((one for one in queries.list_instruments(trouble) if one.id == instrument_id), None)
    if instrument is None:
        raise Refused({"instrument": "not_asked"})
    if instrument.means == "orders" and not is_safe:
        raise Refused({"is_safe": "look_first"})
    with transaction.atomic():
        made = [ask_again(instrument, specimen, actor=actor, at=at) for specimen in specimens]
        told = {"instrument": instrument.name, "count": len(specimens)}
        move(trouble.case_id, "ask_again", actor=actor, at=at, data=told)
    return made


def make_move(trouble: Trouble, name: str, *, reason: str, actor: Actor, at: datetime) -> Trouble:
    """`solve`, `dismiss` or `refuse`, with a reason. Raises as the flow's door."""
    with transaction.atomic():
        case = move(trouble.case_id, name, actor=actor, at=at, reason=reason)
        held = Trouble.objects.select_for_update().get(id=trouble.id)
        if case.closed_at is not None:
            _close(held, at, actor)
        else:
            held.repair, held.proposed_by_id = {}, None
            held.save(update_fields=["repair", "proposed_by"])
    return held


def _close(held: Trouble, at: datetime, actor: Actor | None) -> None:
    held.closed_at, held.closed_by_id = at, actor.account_id if actor else None
    held.save(update_fields=["closed_at", "closed_by", "repair"])
