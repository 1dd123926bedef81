"""The picture of a day counts each hop where it happens: what was lost between two hops shows there, and has its case."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import translation

from huizhen.console.lab.today import draw
from huizhen.lab.exceptions.actions import look
from huizhen.lab.exceptions.models import Kind, Trouble
from huizhen.lab.reporting.hops import KINDS
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation
from huizhen.lab.specimens import actions as specimens
from huizhen.lab.tests.builders import AT, failed, make_lab, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
NEXT_DAY = AT + timedelta(hours=10)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def take(lab, *lines):
    results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=AT)


def bars(lab):
    return {str(hop.label): (hop.count, hop.of) for hop in draw([lab.laboratory.id], AT + timedelta(hours=1))}


def found(at=NEXT_DAY):
    look(at=at)
    return set(Trouble.objects.filter(closed_at=None).values_list("kind", flat=True))


def test_each_hop_of_a_small_known_world_is_counted_and_what_is_lost_there_is_found():
    """Nine tubes: one lost before the box, one in it, one untested, one failed, one unreadable code, one rejected, one
    in review, one released and broken on its way to be seen, one in order (a mixed one of ten)."""
    lab = make_lab()
    loose, lost, untested, broken, coded, rejected, review, unseen = (lab.collect() for _ in range(8))
    pool = lab.collect(10)
    sealed = [one.barcode for one in (lost, untested, broken, coded, rejected, review, unseen, pool)]
    box = specimens.seal_box(lab.site, code="BOX-7", barcodes=sealed, actor=lab.collector, at=AT)
    specimens.receive_box(box, barcodes=sealed[1:], actor=lab.bench, at=AT)
    take(lab, failed(broken), reading(coded, "1", "XYZ"), reading(rejected, "Positive"), reading(review, "Positive"),
         reading(unseen, "Negative"), reading(pool, "Negative"))  # fmt: skip
    results.reject(Observation.objects.get(tube=rejected).id, reason="swapped", actor=lab.bench, at=AT)
    with connection.cursor() as cursor:  # as a fault in the middle of a release would leave it
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "DELETE FROM lab_released WHERE series = (SELECT series FROM lab_observation WHERE tube_id = %s)",
            [unseen.id],
        )
    assert bars(lab) == {
        "Collected": (9, 9), "In a box": (8, 9), "Received": (7, 9), "Tested": (6, 9), "Matched to its tube": (4, 9),
        "Released": (2, 9), "Visible to persons": (10, 18), "Accepted upstream": (0, 0),
    }  # fmt: skip
    assert found() == {
        "box_differs", "not_tested", "run_failed", "not_understood", "not_released", "not_reviewed", "not_visible",
    }  # fmt: skip
    assert found(AT + timedelta(hours=13)) >= {"not_received"}
    assert loose.barcode == Trouble.objects.get(kind="not_received").barcode
    shown = {str(hop.label): hop.open for hop in draw([lab.laboratory.id], AT + timedelta(hours=1))}
    assert shown == {
        "Collected": 0, "In a box": 0, "Received": 2, "Tested": 1, "Matched to its tube": 2, "Released": 2,
        "Visible to persons": 1, "Accepted upstream": 0,
    }  # fmt: skip


def test_a_rejected_value_is_trouble_until_a_new_run_or_the_tubes_end():
    lab = make_lab()
    again, gone = lab.collect(panel="CBC"), lab.collect(panel="CBC")
    take(lab, *(reading(tube, "9999", "PLT") for tube in (again, gone)))
    for row in Observation.objects.all():
        results.reject(row.id, reason="clot", actor=lab.bench, at=AT)
    assert found(AT + timedelta(hours=1)) & {"not_released"} == set()
    assert found() >= {"not_released"}
    take(lab, reading(again, "250", "PLT"))
    results.give_up(gone.id, reason="spent", actor=lab.bench, at=NEXT_DAY)
    assert "not_released" not in found()


def test_every_kind_of_exception_stands_at_one_hop():
    kinds = [kind for named in KINDS.values() for kind in named]
    assert sorted(kinds) == sorted(Kind.values)
