"""Single tubes mixed in the laboratory into one that is tested."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, ids
from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import pools, rules
from huizhen.lab.specimens.actions.progress import tell_called_off, tell_received
from huizhen.lab.specimens.actions.seating import seat
from huizhen.lab.specimens.models import Tube
from huizhen.lab.specimens.queries import is_worn


def mix_tubes(
    laboratory_ids: Iterable[UUID], *, barcode: str, tubes: Sequence[str], capacity: int, actor: Actor, at: datetime
) -> Tube:
    """Mix single tubes, named by their barcodes, into a new one under its own; all their persons are in it, in this
    order. `laboratory_ids` come from `access_mixing`: a tube of another laboratory does not exist here. Mixed again
    with the same tubes and barcode, it is the same mixed tube. Emits `lab.specimens.received` for it, and for its parts
    `lab.specimens.called_off`: they are not tested by themselves any more.

    Raises:
        Refused: `tubes.3` about the third one named; `tubes`, `capacity`, `barcode`.
    """
    barcode, wanted = rules.plain_barcode(barcode), [rules.plain_barcode(text) for text in tubes]
    with transaction.atomic():
        found = pools.list_singles(wanted, laboratory_ids, locked=True)
        if found and len(found) == len(wanted) and {one.pool for one in found.values()} == {barcode}:
            return Tube.objects.get(barcode=barcode)
        errors = rules.check_singles(wanted, found, capacity)
        if not rules.BARCODE.fullmatch(barcode):
            errors["barcode"] = "barcode_shape"
        if errors:
            raise Refused(errors)
        parts = [found[one] for one in wanted]
        pool = _pool(barcode, capacity, [one.id for one in parts], actor, at)
        patients = [patient_id for one in parts for patient_id in one.patients]
        seat(pool, patients, sorted(parts[0].panels), at=at)
        Tube.objects.filter(id__in=[one.id for one in parts]).update(part_of=pool)
        audit.record(
            actor, "lab.specimen.mixed", subject_kind="tube", subject_id=pool.id, organisation_id=pool.laboratory_id,
            data={"tubes": wanted}, at=at,
        )  # fmt: skip
        tell_received(pool.laboratory_id, [pool.barcode])
        tell_called_off(pool.laboratory_id, wanted)
    return pool


def _pool(barcode: str, capacity: int, part_ids: Sequence[UUID], actor: Actor, at: datetime) -> Tube:
    """The mixed tube, stored. It counts as collected when the first of its specimens was: nobody's result looks newer
    than it is."""
    parts = list(Tube.objects.filter(id__in=part_ids).order_by("collected_at", "id"))
    campaigns = {part.campaign_id for part in parts}
    pool = Tube(
        id=ids.new_id(), barcode=barcode, capacity=capacity, site_id=parts[0].site_id,
        laboratory_id=parts[0].laboratory_id, campaign_id=campaigns.pop() if len(campaigns) == 1 else None,
        client_id=ids.new_id(), collected_at=parts[0].collected_at, collected_by_id=actor.account_id, received_at=at,
    )  # fmt: skip
    errors = rules.check_barcode(barcode, parts[0].site.code)
    if errors:
        raise Refused({"barcode": errors})
    if is_worn(barcode):  # two at once are held by the database
        raise Refused({"barcode": "label_taken"})
    try:
        with transaction.atomic():
            pool.save(force_insert=True)
    except IntegrityError as error:
        if "tube_barcode_once" not in str(error):
            raise
        raise Refused({"barcode": "label_taken"}) from error
    return pool
