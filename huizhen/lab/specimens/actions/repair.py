"""Putting right what went wrong with tubes: another barcode, a tube given up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, ids, outbox
from huizhen.kernel.access import Actor
from huizhen.kernel.statements import store
from huizhen.lab.catalogue.models import Panel
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import rules
from huizhen.lab.specimens.actions.progress import receive_late, tell_received
from huizhen.lab.specimens.models import Clash, Reason, TestOrder, Tube, TubePerson
from huizhen.lab.specimens.queries import person_key


def rebind_tube(tube_id: UUID, barcode: str, *, actor: Actor, at: datetime) -> Tube:
    """Give a tube another barcode: the label it really wears. Emits `lab.specimens.rebound`, and for one that
    has come `lab.specimens.received`: instruments know it by its label.

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
        _fill(tube, [UUID(key) for key in said["patients"]], panel, at, doctor=said.get("doctor", ""))
        clash.settled_by = tube
        clash.save(update_fields=["settled_by"])
        _note(tube, "settled", actor, at, {"clash": str(clash.id)})
        receive_late([barcode])
    return tube


def void_tube(tube_id: UUID, *, actor: Actor, at: datetime, reason: str) -> Tube:
    """Give a tube up (spilt, lost, taken wrongly); what it was for has to be collected again. The single tubes that
    were mixed into it are free again, to be mixed anew or tested alone. A second time changes nothing. Emits
    `lab.specimens.voided`; `comes_again` in it: nobody else's tube stands for its persons. What was found in it is not
    touched here: faces go by `lab.results.actions.give_up`.

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
            tube.voided_at = at
            tube.save(update_fields=["voided_at"])
            # A re-test that this tube took is open again: the person has to come once more.
            is_open_again = TestOrder.objects.filter(fulfilled_by=tube).update(fulfilled_by=None)
            _note(tube, "voided", actor, at, {"reason": reason.strip()[:60]})
            stands = _set_free(tube) or (tube.part_of_id is not None and not is_open_again)
            outbox.emit("lab.specimens.voided", tube=str(tube.id), comes_again=not stands)
    return tube


def _set_free(pool: Tube) -> bool:
    """Give the single tubes of a mixed one back to the bench; whether there were any."""
    parts = Tube.objects.filter(part_of=pool)
    standing = parts.filter(voided_at=None, tested_at=None, released_at=None)
    barcodes = list(standing.values_list("barcode", flat=True))
    freed = parts.update(part_of=None)
    tell_received(pool.laboratory_id, barcodes)
    return freed > 0


def _save(tube: Tube, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            tube.save(update_fields=fields)
    except IntegrityError as error:
        if "tube_barcode_once" not in str(error):
            raise
        raise Refused({"barcode": "barcode_taken"}) from error


def _fill(tube: Tube, patient_ids: Sequence[UUID], panel: Panel, at: datetime, *, doctor: str = "") -> None:
    store([
        TubePerson(tube=tube, patient_id=patient_id, person=person_key(patient_id), seat=seat)
        for seat, patient_id in enumerate(patient_ids, 1)
    ])  # fmt: skip
    reason = Reason.DOCTOR if doctor else Reason.CAMPAIGN
    store([TestOrder(tube=tube, panel=panel, reason=reason, doctor_id=UUID(doctor) if doctor else None, ordered_at=at)])


def _note(tube: Tube, what: str, actor: Actor, at: datetime, data: dict[str, object]) -> None:
    audit.record(
        actor, f"lab.specimen.{what}", subject_kind="tube", subject_id=tube.id, organisation_id=tube.laboratory_id,
        data=data, at=at,
    )  # fmt: skip
