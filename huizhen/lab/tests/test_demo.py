"""The demonstration shows a morning of a laboratory, and a second load adds nothing."""

import pytest

from huizhen.kernel.access import SYSTEM
from huizhen.lab import demo
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.reporting.models import Delivery
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.specimens.models import TestOrder, Tube
from huizhen.lab.tests.builders import AT
from huizhen.people.demo.loading import PLACES
from huizhen.people.organisations.actions import create_organisation

pytestmark = pytest.mark.django_db


def test_it_is_loaded_once():
    made = {}
    for code, (parent, kind, name, is_centre) in PLACES.items():
        made[code] = create_organisation(
            actor=SYSTEM, at=AT, parent_id=made[parent].pk if parent else None, kind=kind, name=name, code=code,
            is_centre=is_centre,
        )  # fmt: skip
    assert len(list(demo.load(AT))) == 1
    assert list(demo.load(AT)) == []
    assert (Tube.objects.count(), Released.objects.count()) == (6, 26)
    assert sorted(Observation.objects.exclude(status="released").values_list("status", flat=True)) == [
        "review", "review", "withheld",
    ]  # fmt: skip
    assert TestOrder.objects.filter(reason="retest").count() == 10
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    assert {"barcode_unknown", "implausible"} <= set(Trouble.objects.values_list("kind", flat=True))
