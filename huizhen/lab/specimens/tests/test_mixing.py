"""Single tubes mixed in the laboratory: only what may be mixed, by one hand, and with a way back for everybody in it."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huizhen.kernel import outbox
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.notify.models import Notification
from huizhen.lab.exceptions.actions import look
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.instruments.models import Instrument, OrderDownload
from huizhen.lab.refused import SENTENCES, Refused
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Released
from huizhen.lab.results.orders import orders_of
from huizhen.lab.specimens import access, actions, pools, queries
from huizhen.lab.specimens.models import Clash, TestOrder, Tube
from huizhen.lab.specimens.rules import Single, check_singles
from huizhen.lab.tests.builders import AT, entry, make_lab, patients_of, reading

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)


def received(lab, count=1, **given_):
    """Single tubes that stand at the bench."""
    tubes = [lab.collect(**given_) for _ in range(count)]
    codes = [tube.barcode for tube in tubes]
    box = actions.seal_box(lab.site, code=f"BOX-{uuid4().hex[:8]}", barcodes=codes, actor=lab.collector, at=AT)
    actions.receive_box(box, barcodes=codes, actor=lab.bench, at=AT)
    return tubes


def mix(lab, tubes, barcode="MIX-01", capacity=5):
    codes = [one if isinstance(one, str) else one.barcode for one in tubes]
    given_ = {"barcode": barcode, "tubes": codes, "capacity": capacity, "actor": lab.bench, "at": AT}
    return actions.mix_tubes(access.access_mixing(lab.bench), **given_)


def take(lab, *lines, at=LATER):
    return results.take(lines, message_id=uuid4(), instrument_id=None, laboratory_id=lab.laboratory.id, at=at)


def refused(lab, tubes, **given_):
    with pytest.raises(Refused) as found:
        mix(lab, tubes, **given_)
    assert set(found.value.errors.values()) <= SENTENCES.keys()
    return found.value.errors


def test_each_tube_that_may_not_be_mixed_is_named_with_why(lab):
    good, twin = received(lab, 2)
    somebody = entry()
    same = [received(lab, entries=[somebody])[0] for _ in range(2)]
    void, tested, blood = received(lab)[0], received(lab)[0], received(lab, panel="CBC")[0]
    actions.void_tube(void.id, actor=lab.bench, at=AT, reason="spilt")
    take(lab, reading(tested, "Negative"))
    mix(lab, received(lab, 2), "MIX-00")
    taken = Tube.objects.filter(part_of__barcode="MIX-00").first()
    other = received(make_lab())[0]
    on_its_way = lab.collect()
    asked = [good, same[0], good, same[1], "NOBODYS-1", other, void, tested, blood, taken, on_its_way, "MIX-00"]
    assert refused(lab, asked, capacity=20) == {
        "tubes.3": "scanned_twice", "tubes.4": "twice_in_tube", "tubes.5": "unknown_tube", "tubes.6": "unknown_tube",
        "tubes.7": "given_up", "tubes.8": "tested_already", "tubes.9": "not_poolable", "tubes.10": "in_pool",
        "tubes.11": "not_received", "tubes.12": "not_pooled",
    }  # fmt: skip
    assert refused(lab, [blood, good]) == {"tubes.1": "not_poolable"}
    assert refused(lab, [good]) == {"tubes": "too_few_tubes"}
    assert refused(lab, [good, twin], capacity=7) == {"capacity": "unknown_choice"}
    assert refused(lab, [*received(lab, 5), good]) == {"tubes": "too_many_tubes"}
    for label, code in (("x", "barcode_shape"), (good.barcode, "label_taken"), ("MIX-00", "label_taken")):
        assert refused(lab, [good, twin], barcode=label) == {"barcode": code}
    for stranger, error in ((lab.collector, NotAllowed), (make_lab().collector, NotAllowed)):
        with pytest.raises(error):
            access.access_mixing(stranger)
    assert Tube.objects.filter(part_of__isnull=False).count() == 2


def test_mixed_twice_with_the_same_label_it_is_one_and_its_orders_go_to_the_instruments(lab):
    Instrument.objects.create(
        organisation=lab.laboratory, name="PCR", profile="astm", address="h", wants_orders=True
    )  # fmt: skip
    singles = received(lab, 3)
    pool = mix(lab, singles)
    assert mix(lab, singles).id == pool.id
    assert patients_of([pool]) == patients_of(singles)
    assert (pool.received_at, pool.collected_at, pool.laboratory_id) == (AT, AT, lab.laboratory.id)
    told = partial(orders_of, organisation_id=lab.laboratory.id)
    assert [bool(told(one.barcode)) for one in (pool, *singles)] == [True, False, False, False]
    assert AuditEntry.objects.get(action="lab.specimen.mixed").data == {"tubes": [one.barcode for one in singles]}
    outbox.run_pending(AT)
    assert pool.barcode in {row.orders[0]["specimen"] for row in OrderDownload.objects.all()}
    assert {one.barcode for one in queries.list_tubes_at_bench([lab.laboratory.id])} == {pool.barcode}


def test_a_negative_mixed_tube_is_released_to_everybody_and_counts_what_was_collected(lab):
    singles = received(lab, 3)
    take(lab, reading(mix(lab, singles), "Not detected"))
    assert Released.objects.count() == 3
    assert set(Tube.objects.values_list("released_at", flat=True)) == {LATER}
    hops = queries.count_hops([lab.laboratory.id], AT, LATER)
    assert (hops.collected, hops.received, hops.tested, hops.released, hops.persons) == (3, 3, 3, 3, 3)
    assert queries.list_tubes_at_bench([lab.laboratory.id]) == []


def test_what_is_not_negative_is_tested_from_the_single_tubes_that_stand_there(lab):
    spent, *singles = received(lab, 3)
    pool = mix(lab, [spent, *singles])
    take(lab, reading(pool, "Detected"))
    outbox.run_pending(LATER)
    assert set(Notification.objects.values_list("kind", "account_id")) == {
        ("lab.results.retest_here", one.account_id) for one in (lab.bench, lab.second)
    }  # fmt: skip
    rows, more = access.access_retests(lab.bench)
    assert ([row.fulfilled_by.barcode for row in rows], more) == ([one.barcode for one in (spent, *singles)], None)
    assert len(access.access_retests(lab.collector)[0]) == 3
    assert access.access_retests(make_lab().bench) == ([], None)
    with pytest.raises(NotVisible):
        access.access_mixing(Actor(None))
    assert orders_of(spent.barcode, organisation_id=lab.laboratory.id), "its orders are open again"
    assert len(queries.list_tubes_at_bench([lab.laboratory.id])) == 3
    actions.void_tube(spent.id, actor=lab.bench, at=LATER, reason="spent")
    take(lab, reading(singles[0], "Negative"))
    rows, _more = access.access_retests(lab.bench)
    assert [(row.patient_id, row.fulfilled_by) for row in rows] == [
        (patients_of([spent])[0], None), (patients_of([singles[1]])[0], singles[1]),
    ]  # fmt: skip
    assert TestOrder.objects.get(fulfilled_by=singles[0]).because_of_id == pool.id
    assert Released.objects.count() == 1
    look(at=LATER + timedelta(hours=9))
    assert Trouble.objects.get(kind="not_tested").barcode == singles[1].barcode, "late from the re-test's order on"


def test_re_tests_come_page_by_page_and_none_is_read_that_is_not_shown(lab):
    pool = lab.collect(20)
    take(lab, reading(pool, "Positive"), reading(mix(lab, received(lab, 3)), "Positive"))
    first, last = access.access_retests(lab.bench, limit=15)
    second, end = access.access_retests(lab.bench, after=last, limit=15)
    assert (len(first), len(second), end) == (15, 8, None)
    assert AuditEntry.objects.filter(action="lab.retest.read").count() == 23
    assert sorted(row.id for row in (*first, *second)) == [row.id for row in (*first, *second)]


def test_a_mixed_tube_that_is_given_up_sets_its_single_tubes_free(lab):
    singles = received(lab, 3)
    pool = mix(lab, singles)
    actions.void_tube(pool.id, actor=lab.bench, at=AT, reason="spilt")
    again = mix(lab, singles, "MIX-02")
    assert pools.list_parts(again.id) == sorted(singles, key=lambda one: one.barcode)
    assert pools.list_parts(pool.id) == []


def test_the_database_itself_refuses_what_must_not_be_mixed(lab):
    one, two, three = received(lab, 3)
    pool, other = mix(lab, [one, two]), mix(lab, received(lab, 2), "MIX-02")
    away, foreign = lab.collect(), received(make_lab())[0]
    for tube, into in ((one, other), (away, pool), (foreign, pool), (other, pool)):
        with pytest.raises(DatabaseError, match="pool"), transaction.atomic():
            Tube.objects.filter(id=tube.id).update(part_of=into)
    take(lab, reading(pool, "Negative"))
    with pytest.raises(DatabaseError, match="pool"), transaction.atomic():
        Tube.objects.filter(id=three.id).update(part_of=pool)


FLAGS = ("is_received", "is_voided", "is_tested", "is_poolable", "pool")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flags=st.lists(st.fixed_dictionaries({name: st.booleans() for name in FLAGS}), min_size=1, max_size=8),
    capacity=st.sampled_from([1, 5, 7, 10, 20]),
    order=st.randoms(use_true_random=False),
)
def test_what_is_wrong_with_a_list_does_not_depend_on_its_order(flags, capacity, order):
    """A good list stays good and a bad one bad however it was scanned; every tube at fault is named at its place."""
    house, singles = uuid4(), {}
    for place, one in enumerate(flags):
        singles[f"T-{place:04d}"] = Single(
            uuid4(), f"T-{place:04d}", house, 1, "POOL-1" if one["pool"] else "", one["is_received"], one["is_voided"],
            one["is_tested"], one["is_poolable"], "", frozenset({1}), (uuid4(),),
        )  # fmt: skip
    wanted = list(singles)
    order.shuffle(wanted)
    errors = check_singles(wanted, singles, capacity)
    bad = {
        name for name, flag in zip(singles, flags, strict=True)
        if not flag["is_received"] or flag["is_voided"] or flag["is_tested"] or not flag["is_poolable"] or flag["pool"]
    }  # fmt: skip
    assert {wanted[int(field[6:]) - 1] for field in errors if field.startswith("tubes.")} == bad
    assert ("capacity" in errors) == (capacity not in (5, 10, 20))
    assert errors.get("tubes") == (
        "too_few_tubes" if len(wanted) < 2 else "too_many_tubes" if len(wanted) > capacity else None
    )


def test_a_barcode_in_use_is_looked_for_before_anything_is_stored(lab):
    failed = []

    def heard(execute, statement, *more):
        try:
            return execute(statement, *more)
        except DatabaseError:
            failed.append(statement)
            raise

    first, *singles = received(lab, 3)
    worn = first.barcode
    with connection.execute_wrapper(heard):
        for act in (
            partial(lab.collect, barcode=worn),
            partial(mix, lab, singles, worn),
            partial(actions.rebind_tube, singles[0].id, worn, actor=lab.bench, at=AT),
            lambda: actions.settle_clash(Clash.objects.get().id, worn, actor=lab.bench, at=AT),
        ):
            with pytest.raises(Refused):
                act()
        actions.rebind_tube(first.id, worn, actor=lab.bench, at=AT)
    assert not failed, "each of them stands in the database's log as an error"
