"""The operator's figures: the database takes only lengths, and what is wrong with one figure touches no other flow."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from huizhen.kernel.calendar.lengths import UNITS
from huizhen.kernel.flow import promises
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.flow.models import LONGEST, Promise, Unit

pytestmark = pytest.mark.django_db
SOUND = {"kind": "consult.joint", "deadline": "report", "urgency": "normal", "unit": "hours", "amount": 90}
BAD = [{"unit": "abc"}, {"unit": ""}, {"amount": 0}, {"amount": LONGEST + 1}]


@pytest.fixture(autouse=True)
def read_anew():
    promises.forget()
    yield
    promises.forget()


def allow_anything():
    """As the table was before it had its rule; the test's end takes this back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_promise DROP CONSTRAINT promise_is_a_length")


def test_the_units_in_words_are_those_of_a_length():
    assert tuple(Unit.values) == UNITS


@pytest.mark.parametrize("wrong", BAD)
def test_the_database_takes_only_a_length(wrong):
    with pytest.raises(IntegrityError, match="promise_is_a_length"), transaction.atomic():
        Promise.objects.create(**SOUND | wrong)
    Promise.objects.create(**SOUND)


def test_a_figure_that_is_no_length_stops_no_other_deadline():
    allow_anything()
    Promise.objects.create(**SOUND | {"unit": "abc"})
    for flow in FLOWS.values():
        for state in flow.states:
            if state.within is not None:
                assert promises.state_length(flow, state.code, "normal") == state.within.normal


def test_the_migration_takes_away_what_is_no_length_and_leaves_its_history():
    allow_anything()
    kept = Promise.objects.create(**SOUND)
    for number, wrong in enumerate(BAD):
        Promise.objects.create(**SOUND | wrong | {"deadline": f"state.{number}"})
    migration = import_module("huizhen.kernel.migrations.0011_figures_of_the_operator")
    migration.take_away_what_is_no_length(apps, None)
    [rule] = [one for one in Promise._meta.constraints if one.name == "promise_is_a_length"]
    with connection.schema_editor() as tables:
        tables.add_constraint(Promise, rule)
    assert list(Promise.objects.all()) == [kept]
    assert apps.get_model("kernel", "PromiseEvent").objects.filter(unit="abc").count() == 1
