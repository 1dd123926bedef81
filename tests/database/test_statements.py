"""Rows on the short way are the rows that Django makes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from huizhen.consult.joint.models import Application
from huizhen.kernel.flow.models import Case, CaseDeadline
from huizhen.kernel.ids import new_id
from huizhen.kernel.statements import fresh, store
from huizhen.records.consent.models import Consent
from huizhen.records.tests.builders import make_patient
from huizhen.records.tests.cases import make_case

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize("model", [Case, CaseDeadline, Consent, Application])
def test_a_fresh_row_is_what_the_model_makes(model):
    """Defaults, sealed fields and all."""
    plain, short = model(), fresh(model)
    drawn = {"_state": None, "id": None}  # an object of its own, and a key drawn anew
    assert vars(plain) | drawn == vars(short) | drawn
    assert short._state.adding
    assert short.id != fresh(model).id


def test_a_relation_is_given_as_object_or_key():
    case = fresh(Case, number="J1", organisation_id=new_id())
    clock = fresh(CaseDeadline, case=case, name="state", started_at=AT)
    assert (clock.case, clock.case_id) == (case, case.id)
    assert fresh(CaseDeadline, case_id=case.id).case_id == case.id
    assert fresh(CaseDeadline).account == []
    assert fresh(CaseDeadline).account is not fresh(CaseDeadline).account


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="nonsense"):
        fresh(Case, nonsense=1)


def test_new_rows_are_inserted_and_known_ones_changed(db):
    case = make_case(make_patient())
    clock = fresh(CaseDeadline, case=case, name="example", calendar="any", started_at=AT, due_at=AT)
    store([clock], update=("due_at",))
    clock.due_at = AT + timedelta(hours=1)
    other = fresh(CaseDeadline, case=case, name="other", calendar="any", started_at=AT, due_at=AT)
    store([clock, other], update=("due_at",))
    assert CaseDeadline.objects.get(id=clock.id).due_at == clock.due_at
    assert CaseDeadline.objects.filter(id=other.id).exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        store([fresh(CaseDeadline, id=other.id, case=case, name="third", calendar="any", started_at=AT, due_at=AT)],
              update=("due_at",))  # fmt: skip
