"""Boxes: sealed with a count, received with a count; and the numbers of new labels."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from huizhen.kernel import audit, outbox
from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused, Strangers
from huizhen.lab.specimens import rules
from huizhen.lab.specimens.actions.progress import receive_late, tell_received
from huizhen.lab.specimens.models import Box, Site, Tube, UnknownScan

MOST_LABELS = 1000


def reserve_barcodes(site: Site, count: int, *, actor: Actor, at: datetime) -> list[str]:
    """Draw the next barcodes of a site for printing; none is ever drawn twice, also not by two at once.

    Raises:
        Refused: `count: too_many_labels`.
    """
    if not 1 <= count <= MOST_LABELS:
        raise Refused({"count": "too_many_labels"})
    with transaction.atomic():
        held = Site.objects.select_for_update().get(id=site.id)
        first = held.labels + 1
        held.labels += count
        held.save(update_fields=["labels"])
        audit.record(
            actor, "lab.labels.printed", subject_kind="site", subject_id=site.id,
            organisation_id=site.organisation_id, data={"first": first, "count": count}, at=at,
        )  # fmt: skip
    return [rules.make_barcode(site.code, serial) for serial in range(first, first + count)]


def draw_again(site: Site, first: int, count: int, *, actor: Actor, at: datetime) -> list[str]:
    """Labels of a site that were printed before, from the `first` one on: torn, smeared or lost on the way.

    Raises:
        Refused: `count: too_many_labels`, or `first: never_printed` where one of them never was.
    """
    if not 1 <= count <= MOST_LABELS:
        raise Refused({"count": "too_many_labels"})
    if not 1 <= first <= site.labels - count + 1:
        raise Refused({"first": "never_printed"})
    audit.record(
        actor, "lab.labels.reprinted", subject_kind="site", subject_id=site.id,
        organisation_id=site.organisation_id, data={"first": first, "count": count}, at=at,
    )  # fmt: skip
    return [rules.make_barcode(site.code, serial) for serial in range(first, first + count)]


def seal_box(site: Site, *, code: str, barcodes: Sequence[str], actor: Actor, at: datetime, carrier: str = "") -> Box:
    """Put tubes of a site into a box and count it; with a `carrier` it leaves at once, without one it waits to be
    handed over. Sealed again with the same tubes, nothing changes.

    Raises:
        Refused: `code: box_taken`.
        Strangers: `barcodes: unknown_choice`, where some are not loose tubes of this site.
    """
    code, wanted = rules.plain_barcode(code), sorted({rules.plain_barcode(text) for text in barcodes} - {""})
    if not rules.BARCODE.fullmatch(code):
        raise Refused({"code": "barcode_shape"})
    if not wanted:
        raise Refused({"barcodes": "missing"})
    with transaction.atomic():
        tubes = list(Tube.objects.select_for_update().filter(site=site, barcode__in=wanted).order_by("id"))
        known = Box.objects.filter(code=code, site=site).first()
        if known is not None and {tube.box_id for tube in tubes} == {known.id} and known.sealed_count == len(wanted):
            return known
        loose = {tube.barcode for tube in tubes if not (tube.box_id or tube.received_at)}
        if strangers := [code for code in wanted if code not in loose]:
            raise Strangers(strangers)
        box = _new_box(site, code, len(tubes), carrier, actor, at)
        Tube.objects.filter(id__in=[tube.id for tube in tubes]).update(box=box)
    return box


def _new_box(site: Site, code: str, count: int, carrier: str, actor: Actor, at: datetime) -> Box:
    try:
        with transaction.atomic():
            return Box.objects.create(
                code=code, site=site, laboratory_id=site.laboratory_id, sealed_at=at, sealed_by_id=actor.account,
                sealed_count=count, carrier=carrier, sent_at=at if carrier else None,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused({"code": "box_taken"}) from error


def hand_over_box(box: Box, *, carrier: str, actor: Actor, at: datetime) -> Box:
    """Note who takes a sealed box away. Said again, nothing changes.

    Raises:
        Refused: `carrier: missing`; `code: already_received`.
    """
    carrier = " ".join(carrier.split())
    if not carrier:
        raise Refused({"carrier": "missing"})
    with transaction.atomic():
        held = Box.objects.select_for_update().get(id=box.id)
        if held.received_at is not None:
            raise Refused({"code": "already_received"})
        if held.sent_at is None:
            held.carrier, held.sent_at = carrier[:60], at
            held.save(update_fields=["carrier", "sent_at"])
            audit.record(
                actor, "lab.box.handed_over", subject_kind="box", subject_id=held.id,
                organisation_id=box.site.organisation_id, data={"carrier": held.carrier}, at=at,
            )  # fmt: skip
    return held


def receive_box(box: Box, *, barcodes: Sequence[str], actor: Actor, at: datetime) -> Box:
    """Note what came: each scanned tube is received; what nobody has registered is kept as an unknown barcode; what
    was sealed and not scanned stays missing. The rules over the chain open an exception for both. Emits
    `lab.specimens.received`.

    Raises:
        Refused: `code: already_received`, `barcodes: missing`.
    """
    wanted = sorted({rules.plain_barcode(text) for text in barcodes} - {""})
    if not wanted:
        raise Refused({"barcodes": "missing"})
    with transaction.atomic():
        held = Box.objects.select_for_update().get(id=box.id)
        if held.received_at is not None:
            raise Refused({"code": "already_received"})
        tubes = list(Tube.objects.select_for_update().filter(barcode__in=wanted).order_by("id"))
        here = [tube for tube in tubes if tube.laboratory_id == held.laboratory_id]
        Tube.objects.filter(id__in=[tube.id for tube in here], received_at=None).update(received_at=at, box=held)
        tell_received(held.laboratory_id, [tube.barcode for tube in here if tube.received_at is None])
        known = {tube.barcode for tube in here}
        UnknownScan.objects.bulk_create(
            UnknownScan(barcode=text[:40], box=held, at=at) for text in wanted if text not in known
        )
        held.received_at, held.received_by_id, held.received_count = at, actor.account, len(wanted)
        held.save(update_fields=["received_at", "received_by", "received_count"])
        if len(wanted) != held.sealed_count or len(known) != len(wanted):
            outbox.emit("lab.specimens.troubled", box=str(held.id))
    return held


def receive_registered() -> list[str]:
    """Receive the tubes that came in a box before anybody had registered them, and are registered now; which."""
    with transaction.atomic():
        return receive_late()
