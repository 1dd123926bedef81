"""The demonstration shows a morning of a laboratory, and a second load adds nothing."""

from collections import Counter
from datetime import timedelta

import pytest

from huizhen.lab import demo
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.histories.queries import list_histories
from huizhen.lab.instruments import demo as instruments
from huizhen.lab.reporting.models import Batch, Delivery
from huizhen.lab.results.models import Observation
from huizhen.lab.results.queries import list_runs
from huizhen.lab.specimens.models import Box, Site, TestOrder
from huizhen.lab.specimens.queries import count_hops
from huizhen.lab.tests.builders import AT
from huizhen.people.demo import loading as people
from huizhen.people.organisations.models import Organisation
from huizhen.records import demo as records
from huizhen.records.patients.queries import get_by_identity

pytestmark = pytest.mark.django_db


def test_it_is_loaded_once_and_shows_something_on_every_page():
    list(people.load(AT))
    records.load_patient(records.PATIENTS[0], Organisation.objects.get(code="QS-1").id, AT)
    list(instruments.load(AT))
    assert len(list(demo.load(AT))) == 4
    assert list(demo.load(AT)) == []
    laboratory = Site.objects.first().laboratory_id
    hops = count_hops([laboratory], AT - timedelta(hours=12), AT)
    assert hops.collected > hops.boxed > hops.received > hops.tested > hops.released > 0
    states = Counter(Observation.objects.values_list("status", flat=True))
    assert states.keys() == {"released", "review", "withheld"}
    orders = Counter(TestOrder.objects.filter(patient__isnull=False).values_list("reason", flat=True))
    assert orders == {"retest": 12, "given_up": 1}
    assert Observation.objects.filter(finding=90, version=2).exists()
    assert {(box.sent_at is None, box.received_at is None) for box in Box.objects.all()} == {
        (True, True), (False, True), (False, False),
    }  # fmt: skip
    states = Delivery.objects.order_by("upstream__way").values_list("upstream__way", "state")
    assert {*states} == {
        ("http", "accepted"),
        *(("hand", one) for one in ("accepted", "refused", "sending", "waiting")),
    }
    assert set(Batch.objects.values_list("state", flat=True)) == {"answered", "downloaded"}
    kinds = {"barcode_unknown", "implausible", "barcode_clash", "wrong_person", "run_failed", "instrument_down",
             "several_results"}  # fmt: skip
    assert kinds <= set(Trouble.objects.values_list("kind", flat=True))
    assert list_runs([laboratory], AT - timedelta(days=1))
    patient = get_by_identity("resident", records.PATIENTS[0].number())
    histories = list_histories(patient.id, since=AT - timedelta(days=60))
    assert {len(history.shown) for history in histories} == {2}
