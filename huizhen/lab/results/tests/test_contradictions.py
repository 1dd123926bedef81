"""One person with two results of one test at the same time: the second is looked at, the first stays as it is."""

from datetime import timedelta

import pytest

from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.exceptions.queries import list_doubted
from huizhen.lab.results import access, actions
from huizhen.lab.results.models import Observation, Released
from huizhen.lab.specimens.models import Tube
from huizhen.lab.specimens.rules import Entry
from huizhen.lab.tests.builders import AT, entry, make_lab, reading
from huizhen.records.merging.actions import merge_patients, split_patients

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=13)


def two(lab, panel="NCOV", hours=0.0, **given_):
    """Two tubes of one person, taken so far apart."""
    somebody = entry()
    first = lab.collect(panel=panel, entries=[somebody])
    second = lab.collect(panel=panel, entries=[somebody], **given_)
    Tube.objects.filter(id=second.id).update(collected_at=AT + timedelta(hours=hours))
    return first, second


@pytest.mark.parametrize(
    ("panel", "values", "hours", "found"),
    [
        ("NCOV", (("NCOV", "Negative"), ("NCOV", "Positive")), 0, True),
        ("NCOV", (("NCOV", "Positive"), ("NCOV", "Not detected")), 0, True),
        ("NCOV", (("NCOV", "Negative"), ("NCOV", "可疑")), 11.9, True),
        ("NCOV", (("NCOV", "Negative"), ("NCOV", "Positive")), 12.1, False),
        ("NCOV", (("NCOV", "Negative"), ("NCOV", "Positive")), 72, False),
        ("NCOV", (("NCOV", "Positive"), ("NCOV", "Detected")), 0, False),
        ("NCOV", (("NCOV", "Negative"), ("NCOV", "阴性")), 0, False),
        ("CBC", (("HGB", "140"), ("HGB", "140.0")), 0, False),
        ("CBC", (("HGB", "140"), ("HGB", "131")), 0, False),
        ("CBC", (("HGB", "140"), ("HGB", "90")), 0.5, True),
        ("CBC", (("HGB", "90"), ("HGB", "140")), 0.5, True),
        ("CBC", (("HGB", "140"), ("HGB", "90")), 2, False),
        ("CBC", (("HGB", "140"), ("PLT", "250")), 0, False),
        ("GLU", (("GLU", "5.0"), ("GLU", "6.5")), 0, True),
        ("GLU", (("GLU", "5.0"), ("GLU", "5.4")), 0, False),
        ("GLU", (("GLU", "<0.9"), ("GLU", "5.4")), 0, False),
    ],
)
def test_two_tubes_of_one_person_at_the_same_time(lab, panel, values, hours, found):
    for at_once in (True, False):
        tubes = two(lab, panel, hours)
        lines = [reading(tube, value, test) for tube, (test, value) in zip(tubes, values, strict=True)]
        rows = lab.take(*lines) if at_once else [*lab.take(lines[0]), *lab.take(lines[1])]
        assert ["contradiction" in row.reasons for row in rows] == [False, found]
        assert not found or rows[1].status == "review"
        exceptions.look(at=LATER)
        assert Trouble.objects.filter(kind="several_results", reference=rows[1].id).exists() == found
    assert Trouble.objects.filter(kind="several_results").count() == 2 * found


def test_nothing_released_is_touched_and_the_case_ends_with_the_review(lab):
    first, second = two(lab)
    [old] = lab.take(reading(first, "Negative"))
    [new] = lab.take(reading(second, "Positive"))
    assert (Observation.objects.get(id=old.id).status, Released.objects.count()) == ("released", 1)
    shown, elsewhere = access.access_beside(lab.bench, new)
    assert ([one.id for one in shown], elsewhere) == ([old.id], 0)
    assert access.access_beside(make_lab().bench, new) == ([], 1)
    exceptions.look(at=LATER)
    case = Trouble.objects.get(kind="several_results").case
    assert (case.urgency, case.due_at) == ("urgent", LATER + timedelta(minutes=30))
    actions.reject(new.id, reason="swapped", actor=lab.bench, at=LATER)
    exceptions.look(at=LATER)
    case.refresh_from_db()
    assert case.state == "solved"
    [again] = lab.take(reading(second, "Negative"))
    assert "contradiction" not in again.reasons


def test_a_mixed_tube_waits_that_says_negative_of_somebody_who_is_positive(lab):
    somebody = entry()
    single = lab.collect(entries=[somebody])
    pool = lab.collect(5, entries=[entry(), somebody, entry()])
    [found] = lab.take(reading(single, "Positive"))
    actions.release(found.id, actor=lab.bench, at=LATER)
    [row] = lab.take(reading(pool, "Negative"))
    assert (row.status, row.reasons, Released.objects.count()) == ("review", ["contradiction"], 1)


def test_a_re_test_does_not_contradict_the_mixed_tube_that_brought_it(lab):
    first, pool = two(lab, capacity=5)
    [withheld] = lab.take(reading(pool, "Positive"))
    [single] = lab.take(reading(first, "Negative"))
    assert (withheld.status, single.status) == ("withheld", "released")


def test_what_was_released_before_the_records_were_joined_is_compared_when_they_are(lab):
    passport = Entry(name="刘桂兰", kind="passport", number="E40218871", sex="female", birth_on="1980-05-06")
    tubes = [lab.collect(entries=[one]) for one in (entry("刘桂兰"), passport)]
    [first] = lab.take(reading(tubes[0], "Negative"))
    [second] = lab.take(reading(tubes[1], "Positive"))
    actions.release(second.id, actor=lab.bench, at=LATER - timedelta(hours=1))
    exceptions.look(at=LATER)
    assert not Trouble.objects.exists()
    merge = merge_patients(*(tube.persons.get().patient for tube in tubes), actor=lab.second, at=LATER)
    exceptions.look(at=LATER)
    trouble = Trouble.objects.get(closed_at=None)
    assert (trouble.kind, trouble.reference, trouble.barcode) == ("several_results", second.id, tubes[1].barcode)
    assert list_doubted([first.id, second.id]) == {second.id}
    second.refresh_from_db()
    assert [one.id for one in access.access_beside(lab.bench, second, doubted=True)[0]] == [first.id]
    split_patients(merge, reason="two people after all", actor=lab.second, at=LATER)
    exceptions.look(at=LATER)
    assert not Trouble.objects.filter(kind="several_results", closed_at=None).exists()
    merge_patients(*(tube.persons.get().patient for tube in tubes), actor=lab.second, at=LATER)
    exceptions.look(at=LATER)
    assert Trouble.objects.filter(kind="several_results", closed_at=None).exists()
    actions.withdraw(second.id, reason="tubes swapped", actor=lab.bench, at=LATER)
    exceptions.look(at=LATER)
    assert not Trouble.objects.filter(kind="several_results", closed_at=None).exists()


def test_tubes_under_two_records_of_one_person_are_compared_once_the_records_are_joined(lab):
    """She came with her card, and with her passport; whichever of the two records remains."""
    for turn in (False, True):
        passport = Entry(
            name="刘桂兰", kind="passport", number=f"E4021887{turn:d}", sex="female", birth_on="1980-05-06"
        )
        tubes = [lab.collect(entries=[one]) for one in (entry("刘桂兰"), passport)]
        first, second = (tube.persons.get().patient for tube in tubes)
        [apart] = lab.take(reading(tubes[0], "Negative"))
        merge_patients(*((second, first) if turn else (first, second)), actor=lab.second, at=LATER)
        [row] = lab.take(reading(tubes[1], "Positive"))
        assert "contradiction" in row.reasons
        assert [one.id for one in access.access_beside(lab.bench, row)[0]] == [apart.id]
