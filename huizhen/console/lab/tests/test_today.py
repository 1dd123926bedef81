"""The picture of a day counts each hop where it happens: what was released and did not arrive shows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from huizhen.console.lab.today import draw
from huizhen.lab.results import actions as results
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.tests.builders import AT, make_lab, reading

pytestmark = pytest.mark.django_db


def test_each_bar_is_counted_in_its_own_table():
    lab = make_lab()
    pool, single = lab.collect(10), lab.collect()
    specimens.seal_box(lab.site, code="BOX-7", barcodes=[pool.barcode], actor=lab.collector, at=AT)
    results.take(
        [reading(pool, "Not detected")], message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT
    )

    def bars() -> list[tuple[int, int]]:
        return [(hop.count, hop.of) for hop in draw([lab.laboratory.id], AT + timedelta(hours=1))]

    collected, boxed, received, tested, released, visible, accepted = bars()
    assert (collected, boxed, received) == ((2, 2), (1, 2), (1, 2)), "what was tested has been received"
    assert (tested, released, visible, accepted) == ((1, 2), (1, 2), (10, 11), (0, 0))
    with connection.cursor() as cursor:  # as a fault in the middle of a release would leave it
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM lab_released WHERE ctid = (SELECT min(ctid) FROM lab_released)")
    assert bars()[5] == (9, 11)
    assert single.capacity == 1
