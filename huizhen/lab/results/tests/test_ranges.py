"""A number whose item has ranges and none for this person is looked at; what is critical for everybody rings."""

from datetime import date
from decimal import Decimal

import pytest

from huizhen.kernel import outbox
from huizhen.kernel.notify.models import Notification
from huizhen.lab.catalogue.models import Item, Range
from huizhen.lab.catalogue.rules import Assay, Limits, Span
from huizhen.lab.results import actions, rules
from huizhen.lab.tests.builders import LATER, entry, reading
from huizhen.people.tests.builders import make_member

CHILD = date(2020, 1, 1)
OLD = 60_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("panel", "test", "value", "born", "finding", "reasons"),
    [
        ("BMP", "K", "7.5", CHILD, 14, ["unranged", "critical"]),
        ("BMP", "K", "2.1", CHILD, 13, ["unranged", "critical"]),
        ("BMP", "K", "4.2", CHILD, 15, ["unranged"]),
        ("BMP", "K", "4.2", date(1980, 5, 6), 10, []),
        ("BMP", "CREA", "700", CHILD, 14, ["unranged", "critical"]),
        ("CBC", "HGB", "45", CHILD, 13, ["unranged", "critical"]),
        ("CBC", "HGB", "120", CHILD, 15, ["unranged"]),
        ("CBC", "RBC", "4.5", CHILD, 15, ["unranged"]),
        ("GLU", "GLU", "5.0", CHILD, 10, []),
        ("CRP", "CRP", "3", CHILD, 10, []),
    ],
)
def test_a_child_is_judged_by_what_holds_for_it(lab, panel, test, value, born, finding, reasons):
    tube = lab.collect(panel=panel, entries=[entry(born=born)])
    [row] = lab.take(reading(tube, value, test))
    assert (row.finding, row.reasons, row.status) == (finding, reasons, "review" if reasons else "released")


@pytest.mark.django_db
def test_a_childs_critical_value_rings_the_doctor_also_when_it_is_corrected_to_one(lab):
    doctor = make_member("applicant", lab.home).account
    tubes = [lab.collect(panel="BMP", entries=[entry(born=CHILD)], doctor=str(doctor.id)) for _ in range(2)]
    first, second = lab.take(reading(tubes[0], "7.5", "K"), reading(tubes[1], "4.4", "K"))
    outbox.run_pending(LATER)
    rung = Notification.objects.filter(kind="lab.results.critical", account_id=doctor.id)
    assert [one.context["number"] for one in rung] == [first.tube.barcode]
    actions.release(second.id, actor=lab.bench, at=LATER)
    assert actions.correct(second.id, value="7.4", reason="typo", actor=lab.bench, at=LATER).finding == 14


@pytest.mark.django_db
def test_an_item_without_any_range_is_released_as_before(lab):
    Range.objects.filter(item=Item.objects.get(code="K")).delete()
    [row] = lab.take(reading(lab.collect(panel="BMP"), "4.2", "K"))
    assert (row.finding, row.status) == (15, "released")


def test_only_what_lies_beyond_the_critical_limits_of_every_range_is_critical_for_everybody():
    def span(sex, low, high):
        return Span(sex, 6575, OLD, Limits(critical_low=low and Decimal(low), critical_high=high and Decimal(high)))

    test = Assay(1, "X", 1, "quantity", spans=(span("male", 10, 90), span("female", 20, None)))
    found = [rules.find_place(test, Decimal(value), "", 100) for value in (5, 15, 95)]
    assert found == [rules.PLACES["critical_low"], rules.UNRANGED, rules.UNRANGED]
