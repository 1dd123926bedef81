"""Two hands on the links between records: one winner, the other told, and never a chain."""

from datetime import UTC, datetime
from functools import partial

from huizhen.people.tests.builders import make_organisation
from huizhen.records.merging import actions
from huizhen.records.merging.models import Merge
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import staff
from huizhen.records.tests.builders import make_patient
from tests.races.hands import refusals, together

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_people_are_joined_both_ways_and_in_a_chain_at_once(transactional_db):
    hospital = make_organisation()
    head = staff("department_head", hospital)
    one, two, three = (make_patient(hospital) for _ in range(3))
    join = partial(actions.merge_patients, actor=head, at=AT)
    outcomes = together(partial(join, one, two), partial(join, two, one), partial(join, two, three))
    assert set(refusals(outcomes)) == {Refused}
    merges = Merge.objects.all()
    assert not {row.survivor_id for row in merges} & {row.replaced_id for row in merges}
    merge = Merge.objects.get(survivor__in=[one, two], replaced__in=[one, two])
    undo = partial(actions.split_patients, merge, reason="错了", actor=head, at=AT)
    assert refusals(together(undo, undo)) == []
    assert set(Patient.objects.exclude(replaced_by=None).values_list("replaced_by", "id")) == set(
        Merge.objects.filter(undone_at=None).values_list("survivor", "replaced")
    )
