"""Two hands over the same single tubes: whoever comes second is told, and no tube is in two mixed ones."""

import threading
import time
from functools import partial
from uuid import uuid4

from django.db import connection

from huizhen.lab.instruments import actions as instruments
from huizhen.lab.instruments import downloading
from huizhen.lab.instruments.models import DownloadState, Instrument, OrderDownload
from huizhen.lab.refused import Refused
from huizhen.lab.results import actions as results
from huizhen.lab.specimens import actions
from huizhen.lab.specimens.access import access_mixing
from huizhen.lab.specimens.models import Tube
from huizhen.lab.tests.builders import AT, make_lab, reading
from tests.races.hands import refusals, together


def test_two_mix_the_same_tube_while_it_is_given_up_and_its_result_comes(transactional_db):
    lab = make_lab()
    codes = [lab.collect().barcode for _ in range(4)]
    box = actions.seal_box(lab.site, code="BOX-1", barcodes=codes, actor=lab.collector, at=AT)
    actions.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    places = access_mixing(lab.bench)
    mix = partial(actions.mix_tubes, places, capacity=5, actor=lab.bench, at=AT)
    one, other = (
        partial(mix, barcode="MIX-1", tubes=codes[:3]),
        partial(mix, barcode="MIX-2", tubes=list(reversed(codes[1:]))),
    )
    outcomes = together(one, other, one)
    assert set(refusals(outcomes)) == {Refused}
    mixed = set(Tube.objects.filter(part_of__isnull=False).values_list("part_of__barcode", flat=True))
    assert len(mixed) == 1
    [left] = Tube.objects.filter(capacity=1, part_of=None)
    more = lab.collect()
    actions.receive_box(
        actions.seal_box(lab.site, code="BOX-2", barcodes=[more.barcode], actor=lab.collector, at=AT),
        barcodes=[more.barcode], actor=lab.bench, at=AT,
    )  # fmt: skip
    outcomes = together(
        partial(mix, barcode="MIX-3", tubes=[left.barcode, more.barcode]),
        partial(actions.void_tube, left.id, actor=lab.bench, at=AT, reason="spilt"),
        partial(results.take, [reading(more, "Negative")], message_id=uuid4(), instrument_id=None, at=AT),
    )
    assert set(refusals(outcomes)) <= {Refused}
    left.refresh_from_db()
    more.refresh_from_db()
    assert (left.part_of_id is not None) == (not isinstance(outcomes[0], Refused))
    assert left.voided_at is not None
    assert more.tested_at is not None


def test_orders_that_are_just_being_sent_are_called_off_too(transactional_db, monkeypatch):
    """The job that sends has read what is ordered; the tubes are mixed, and the job that calls off runs, before it
    has stored a line."""
    lab = make_lab()
    codes = [lab.collect().barcode for _ in range(2)]
    box = actions.seal_box(lab.site, code="BOX-1", barcodes=codes, actor=lab.collector, at=AT)
    actions.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    Instrument.objects.create(organisation=lab.laboratory, name="A", profile="astm", address="a", wants_orders=True)
    looked, called_off, prepare = threading.Event(), threading.Event(), downloading.prepare

    def slowly(*given):
        looked.set()
        wait_until(lambda: called_off.is_set() or somebody_waits())
        return prepare(*given)

    def mix_and_call_off():
        looked.wait(30)
        mix = {"barcode": "MIX-1", "tubes": codes, "capacity": 5}
        actions.mix_tubes(access_mixing(lab.bench), **mix, actor=lab.bench, at=AT)
        instruments.call_off(lab.laboratory.id, codes, at=AT)
        called_off.set()

    monkeypatch.setattr(downloading, "prepare", slowly)
    outcomes = together(partial(instruments.send_orders, lab.laboratory.id, codes, at=AT), mix_and_call_off)
    assert refusals(outcomes) == []
    left = OrderDownload.objects.filter(specimen__in=codes)
    assert set(left.values_list("state", flat=True)) == {DownloadState.CALLED_OFF}


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
        return cursor.fetchone()[0]


def wait_until(holds, *, within=20):
    ends = time.monotonic() + within
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
