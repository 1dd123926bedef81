"""Orders sent to instruments that want them: made when specimens are received, taken by whoever has the line, noted."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from huizhen.lab.instruments import downloading, ports
from huizhen.lab.instruments.models import DownloadState, OrderDownload
from huizhen.lab.instruments.queries import list_wanting_orders

AT_ONCE = 100


def send_orders(laboratory_id: UUID, specimens: Iterable[str], *, at: datetime) -> None:
    """Have the orders of specimens that a laboratory has now sent to each of its instruments that wants them; the same
    orders are sent to an instrument once, however often this is asked."""
    wanting = list_wanting_orders(laboratory_id)
    if not wanting:
        return
    asked = list(dict.fromkeys(specimens))
    places = {one.organisation_id for one in wanting}
    known = {place: [ports.orders_of(one, organisation_id=place) for one in asked] for place in places}
    made = [downloading.prepare(one, orders, at) for one in wanting for orders in known[one.organisation_id] if orders]
    OrderDownload.objects.bulk_create(made, ignore_conflicts=True)


def claim_downloads(instrument_ids: Sequence[UUID], *, at: datetime) -> list[OrderDownload]:
    """Take what is to be sent to these instruments now; nobody else gets the same."""
    with transaction.atomic():
        wanted = OrderDownload.objects.filter(downloading.due(instrument_ids, at)).order_by("id")
        found = list(wanted.select_for_update(skip_locked=True)[:AT_ONCE])
        OrderDownload.objects.filter(id__in=[one.id for one in found]).update(
            state=DownloadState.SENDING, tried_at=at, tries=F("tries") + 1
        )
    return found


def note_download(download_id: UUID, *, arrived: bool) -> None:
    """Note what became of a download: tried again a few times where it was not taken."""
    with transaction.atomic():
        found = OrderDownload.objects.select_for_update().get(id=download_id)
        again = DownloadState.WAITING if found.tries < downloading.MOST_TRIES else DownloadState.FAILED
        found.state = DownloadState.SENT if arrived else again
        found.save(update_fields=["state"])
