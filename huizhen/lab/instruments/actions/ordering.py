"""Orders sent to instruments that want them: made when specimens are received, called off when they are not tested by
themselves after all, taken by whoever has the line, noted."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from huizhen.lab.instruments import downloading, ports
from huizhen.lab.instruments.in_use import InUse
from huizhen.lab.instruments.models import DownloadState, OrderDownload
from huizhen.lab.instruments.queries import list_wanting_orders

AT_ONCE = 100
# Held while orders are looked at and sent or called off: who looks next sees what was made, or what is not ordered now.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('lab.orders'), hashtext(%s))"


def send_orders(laboratory_id: UUID, specimens: Iterable[str], *, at: datetime) -> None:
    """Have the orders of specimens that a laboratory has now sent to each of its instruments that wants them; the same
    orders are sent to an instrument once, however often this is asked."""
    wanting = list_wanting_orders(laboratory_id)
    if not wanting:
        return
    asked = list(dict.fromkeys(specimens))
    places = {one.organisation_id for one in wanting}
    with transaction.atomic():
        _wait_for_turn(laboratory_id)
        known = {place: [ports.orders_of(one, organisation_id=place) for one in asked] for place in places}
        made = [downloading.prepare(one, held, at) for one in wanting for held in known[one.organisation_id] if held]
        OrderDownload.objects.bulk_create(made, ignore_conflicts=True)


def call_off(laboratory_id: UUID, specimens: Iterable[str], *, at: datetime) -> int:
    """Have the orders of specimens that are not to be tested any more, at least not by themselves, called off at the
    instruments that got them; what was not sent yet is not sent. Nothing happens to a specimen for which something is
    ordered by now. Returns how many downloads it was; however often this is asked, each is called off once."""
    wanting = {one.id: one for one in list_wanting_orders(laboratory_id)}
    profiles = InUse(wanting.values())
    with transaction.atomic():
        _wait_for_turn(laboratory_id)
        found = OrderDownload.objects.filter(instrument_id__in=wanting, specimen__in=list(specimens), cancels=None)
        held = list(found.exclude(state=DownloadState.CALLED_OFF).order_by("id").select_for_update())
        places = {(row.specimen, wanting[row.instrument_id].organisation_id) for row in held}
        ordered = {(one, place) for one, place in places if ports.orders_of(one, organisation_id=place)}
        gone = [row for row in held if (row.specimen, wanting[row.instrument_id].organisation_id) not in ordered]
        OrderDownload.objects.filter(id__in=[row.id for row in gone]).update(state=DownloadState.CALLED_OFF)
        OrderDownload.objects.bulk_create(
            downloading.cancel(row, at) for row in gone
            if row.tries and (profile := profiles.of(wanting[row.instrument_id])) and profile.cancel_code
        )  # fmt: skip
    return len(gone)


def claim_downloads(instrument_ids: Sequence[UUID], *, at: datetime) -> list[OrderDownload]:
    """Take what is to be sent to these instruments now; nobody else gets the same."""
    with transaction.atomic():
        wanted = OrderDownload.objects.filter(downloading.due(instrument_ids, at)).order_by("id")
        found = list(wanted.select_for_update(skip_locked=True)[:AT_ONCE])
        OrderDownload.objects.filter(id__in=[one.id for one in found]).update(
            state=DownloadState.SENDING, tried_at=at, tries=F("tries") + 1
        )
    return found


def note_download(download_id: UUID, *, arrived: bool, refused: bool = False) -> None:
    """Note what became of a download: tried again a few times where it was not taken, not at all where the instrument
    refused it for good. What was called off meanwhile stays so."""
    with transaction.atomic():
        found = OrderDownload.objects.select_for_update().get(id=download_id)
        if found.state != DownloadState.SENDING:
            return
        is_over = refused or found.tries >= downloading.MOST_TRIES
        again = DownloadState.FAILED if is_over else DownloadState.WAITING
        found.state = DownloadState.SENT if arrived else again
        found.save(update_fields=["state"])


def _wait_for_turn(laboratory_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME, [str(laboratory_id)])
