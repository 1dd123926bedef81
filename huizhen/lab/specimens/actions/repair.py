"""Putting right what went wrong with tubes: another barcode, a tube given up."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import Actor
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import rules
from huizhen.lab.specimens.actions.coming_again import call_again, fulfil_retests
from huizhen.lab.specimens.actions.progress import receive_late, tell_called_off, tell_received
from huizhen.lab.specimens.actions.seating import seat
from huizhen.lab.specimens.models import Clash, TestOrder, Tube
from huizhen.lab.specimens.queries import is_worn
from huizhen.records.patients.models import Patient

LONGEST_REASON = 200


def rebind_tube(tube_id: UUID, barcode: str, *, actor: Actor, at: datetime) -> Tube:
    """Give a tube another barcode: the label it really wears. Emits `lab.specimens.rebound`, and for one that
    has come `lab.specimens.received`, and `lab.specimens.called_off` for the old label: instruments know it by that.

    Raises:
        Refused: `barcode`: of a wrong shape or another tube's; `released_already`.
    """
    barcode = rules.plain_barcode(barcode)
    if not rules.BARCODE.fullmatch(barcode):
        raise Refused({"barcode": "barcode_shape"})
    with transaction.atomic():
        tube = Tube.objects.select_for_update().get(id=tube_id)
        if tube.released_at is not None:
            raise Refused({"barcode": "released_already"})
        before, tube.barcode = tube.barcode, barcode
        _save(tube, ["barcode"])
        _note(tube, "rebound", actor, at, {"from": before, "to": barcode})
        outbox.emit("lab.specimens.rebound", tube=str(tube.id))
        if tube.received_at is not None:
            tell_called_off(tube.laboratory_id, [before])
            tell_received(tube.laboratory_id, [barcode])
        else:
            receive_late([barcode])
    return tube


def settle_clash(clash_id: UUID, barcode: str, *, actor: Actor, at: datetime) -> Tube:
    """Make the tube that could not be stored, under the new barcode it was given. A second time returns it.

    Raises:
        Refused: `barcode`.
    """
    barcode = rules.plain_barcode(barcode)
    if not rules.BARCODE.fullmatch(barcode):
        raise Refused({"barcode": "barcode_shape"})
    with transaction.atomic():
        clash = Clash.objects.select_for_update().select_related("site").get(id=clash_id)
        if clash.settled_by_id is not None:
            return Tube.objects.get(id=clash.settled_by_id)
        said = clash.content
        tube = Tube(
            id=ids.new_id(), barcode=barcode, capacity=said["capacity"], site=clash.site, client_id=clash.client_id,
            laboratory_id=clash.site.laboratory_id, campaign_id=said["campaign"] or None,
            collected_at=datetime.fromisoformat(said["collected_at"]), collected_by_id=clash.by_id,
        )  # fmt: skip
        _save(tube)
        panel = Panel.objects.get(code=said["panel"])
        patients = Patient.objects.select_related("replaced_by").in_bulk([UUID(key) for key in said["patients"]])
        doctor_id = UUID(said["doctor"]) if said.get("doctor") else None
        seat(tube, [UUID(key) for key in said["patients"]], [panel.id], at=at, doctor_id=doctor_id)
        fulfil_retests(tube, list(patients.values()), panel.id)
        clash.settled_by = tube
        clash.save(update_fields=["settled_by"])
        _note(tube, "settled", actor, at, {"clash": str(clash.id)})
        receive_late([barcode])
    return tube


def void_tube(tube_id: UUID, *, actor: Actor, at: datetime, reason: str) -> Tube:
    """Give a tube up (spilt, lost, taken wrongly); who is in it stands on the list of those who have to come again
    until a new specimen of theirs is there. Not so where another tube stands for them: the mixed one that it is in, or
    the single ones that were mixed into it, which are free again, to be mixed anew or tested alone. A second time
    changes nothing. Emits `lab.specimens.voided`; `comes_again` in it: somebody stands on that list; and where it was
    not tested yet `lab.specimens.called_off`. What was found in it is not touched here: faces go by
    `lab.results.actions.give_up`.

    Raises:
        Refused: `reason: missing`, `tube: released_already`.
    """
    if not reason.strip():
        raise Refused({"reason": "missing"})
    with transaction.atomic():
        tube = Tube.objects.select_for_update().get(id=tube_id)
        if tube.released_at is not None:
            raise Refused({"tube": "released_already"})
        if tube.voided_at is None:
            tube.voided_at, tube.void_reason = at, reason.strip()[:LONGEST_REASON]
            tube.save(update_fields=["voided_at", "void_reason"])
            # What this tube was given for is open again: the person has to come once more.
            open_again = TestOrder.objects.filter(fulfilled_by=tube).update(fulfilled_by=None)
            _note(tube, "voided", actor, at, {"reason": reason.strip()[:60]})
            if tube.received_at is not None and tube.tested_at is None:
                tell_called_off(tube.laboratory_id, [tube.barcode])
            called = 0 if tube.part_of_id else call_again(_set_free(tube), at=at)
            outbox.emit("lab.specimens.voided", tube=str(tube.id), comes_again=bool(open_again or called))
    return tube


def _set_free(tube: Tube) -> list[Tube]:
    """Give the single tubes of a mixed one back to the bench. Returns the tubes whose persons have nothing left that
    stands for them: of the single ones those that were given up before; this one, where it is not of single tubes."""
    parts = list(Tube.objects.filter(part_of=tube))
    if not parts:
        return [tube]
    Tube.objects.filter(part_of=tube).update(part_of=None)
    tell_received(
        tube.laboratory_id,
        [one.barcode for one in parts if one.voided_at is None and one.tested_at is None and one.released_at is None],
    )
    return [one for one in parts if one.voided_at is not None]


def _save(tube: Tube, fields: list[str] | None = None) -> None:
    if is_worn(tube.barcode, by_other_than=tube.id):  # two at once are held by the database
        raise Refused({"barcode": "barcode_taken"})
    try:
        with transaction.atomic():
            tube.save(update_fields=fields)
    except IntegrityError as error:
        if "tube_barcode_once" not in str(error):
            raise
        raise Refused({"barcode": "barcode_taken"}) from error


def _note(tube: Tube, what: str, actor: Actor, at: datetime, data: dict[str, object]) -> None:
    audit.record(
        actor, f"lab.specimen.{what}", subject_kind="tube", subject_id=tube.id, organisation_id=tube.laboratory_id,
        data=data, at=at,
    )  # fmt: skip
