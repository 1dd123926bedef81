"""Whose tube was given up stands on the list of those who come again, with why, until a new specimen is there."""

from datetime import timedelta
from uuid import uuid4

import pytest

from huizhen.kernel import outbox
from huizhen.kernel.notify.models import Notification
from huizhen.lab.exceptions.actions import look
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.refused import Refused
from huizhen.lab.results import actions as results
from huizhen.lab.specimens import access, actions, pools
from huizhen.lab.specimens.models import Clash, Tube
from huizhen.lab.tests.builders import AT, entry, make_lab, patients_of, reading

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def give_up(lab, tube, reason="spilt"):
    return results.give_up(tube.id, reason=reason, actor=lab.bench, at=LATER)


def listed(lab, actor=None):
    rows, _more = access.access_retests(actor or lab.bench)
    return [(row.patient_id, row.because_of.barcode, row.because_of.void_reason) for row in rows]


def again(lab, persons, capacity=1, **given):
    """These persons give another specimen, later than the first one."""
    tube = lab.collect(capacity, entries=persons, **given)
    Tube.objects.filter(id=tube.id).update(collected_at=AT + timedelta(minutes=30))
    return tube


def mixed(lab, tubes, barcode="MIX-01"):
    codes = [tube.barcode for tube in tubes]
    box = actions.seal_box(lab.site, code=f"BOX-{uuid4().hex[:8]}", barcodes=codes, actor=lab.collector, at=AT)
    actions.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    places = access.access_mixing(lab.bench)
    return actions.mix_tubes(places, barcode=barcode, tubes=codes, capacity=5, actor=lab.bench, at=AT)


def test_everybody_of_a_tube_given_up_is_listed_with_why_until_a_new_one_is_there(lab):
    persons = [entry() for _ in range(5)]
    pool = lab.collect(5, entries=persons)
    people = patients_of([pool])
    for _ in range(2):
        give_up(lab, pool, "leaked in the box")
    assert listed(lab) == listed(lab, lab.collector) == [(key, pool.barcode, "leaked in the box") for key in people]
    assert (listed(make_lab()), pools.count_to_come(pool.id)) == ([], 5)
    assert [row.place for row in access.access_retests(lab.bench)[0]] == [lab.site.name] * 5
    outbox.run_pending(LATER)
    told = Notification.objects.get(account_id=lab.collector.account_id)
    assert (told.kind, told.context["link"]) == ("lab.results.given_up", "/lab/retests/")
    look(at=LATER + timedelta(days=2))
    assert (Trouble.objects.get(kind="not_retested").count, Trouble.objects.count()) == (5, 1)
    lab.collect(entries=persons[:1], panel="CBC")
    assert len(listed(lab)) == 5, "another test is another matter"
    again(lab, persons[:1])
    again(lab, persons[1:4], capacity=5)
    assert [key for key, _tube, _why in listed(lab)] == people[4:], "a mixed tube makes up for it as well"
    single = again(lab, persons[4:])
    assert listed(lab) == []
    give_up(lab, single, "again")
    assert listed(lab) == [(people[4], pool.barcode, "leaked in the box")], "listed once, as before"


def test_who_has_given_another_specimen_meanwhile_or_is_asked_already_is_not_asked(lab):
    gone, other = entry(), entry()
    pool = lab.collect(5, entries=[gone, other])
    again(lab, [gone])
    give_up(lab, pool)
    assert [key for key, *_rest in listed(lab)] == patients_of([pool])[1:]
    positive = lab.collect(5, persons=2)
    results.take([reading(positive, "Positive")], message_id=uuid4(), instrument_id=None, at=LATER)
    give_up(lab, positive)
    assert len(listed(lab)) == 3, "their single re-tests were ordered before"


def test_nobody_comes_again_for_whom_another_tube_stands(lab):
    one, two, three = (lab.collect() for _ in range(3))
    pool = mixed(lab, [one, two, three])
    give_up(lab, one, "empty")
    assert (listed(lab), pools.count_to_come(one.id)) == ([], 0), "the mixed tube stands"
    give_up(lab, pool, "mixed wrongly")
    assert listed(lab) == [(patients_of([one])[0], one.barcode, "empty")], "the other two are free again"
    outbox.run_pending(LATER)
    assert Notification.objects.filter(kind="lab.results.given_up").exists()
    give_up(lab, two, "lost")
    assert {code for _key, code, _why in listed(lab)} == {one.barcode, two.barcode}


def test_a_tube_that_was_kept_aside_for_its_barcode_counts_when_it_is_settled(lab):
    person = entry()
    first, taken = lab.collect(entries=[person]), lab.collect(barcode="TAKEN-001")
    give_up(lab, first)
    with pytest.raises(Refused):
        again(lab, [person], barcode=taken.barcode)
    assert len(listed(lab)) == 1
    actions.settle_clash(Clash.objects.get().id, "NEW-00001", actor=lab.bench, at=LATER)
    assert listed(lab) == []
