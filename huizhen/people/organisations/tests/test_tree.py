"""The tree: paths are true after every move, rings are impossible, also when two people move at once."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM
from huizhen.people.organisations import actions, queries
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.people.seen import ChangedMeanwhile, stamp
from huizhen.people.tests.builders import make_account, make_member, make_organisation


def paths():
    return {row.name: [str(step) for step in row.path] for row in Organisation.objects.all()}


@pytest.mark.django_db
def test_a_path_runs_from_the_root_to_the_row_itself():
    group = make_organisation("集团", kind="group")
    hospital = make_organisation("医院", parent=group)
    ward = make_organisation("呼吸科", kind="department", parent=hospital)
    assert ward.path == [group.id, hospital.id, ward.id]


@pytest.mark.django_db
def test_moving_a_hospital_carries_its_departments_along():
    old, new = make_organisation("旧", kind="group"), make_organisation("新", kind="group")
    hospital = make_organisation("医院", parent=old)
    ward = make_organisation("科", kind="department", parent=hospital)
    hospital.parent = new
    hospital.save()
    ward.refresh_from_db()
    assert ward.path == [new.id, hospital.id, ward.id]


@pytest.mark.django_db
def test_nobody_can_lie_below_what_lies_below_them():
    top = make_organisation(kind="group")
    middle = make_organisation(kind="group", parent=top)
    top.parent = middle
    with pytest.raises(IntegrityError), transaction.atomic():
        top.save()
    top.parent = top
    with pytest.raises(IntegrityError), transaction.atomic():
        top.save()


@pytest.mark.django_db
def test_a_path_cannot_be_written_by_hand():
    hospital = make_organisation()
    Organisation.objects.filter(pk=hospital.pk).update(path=[make_organisation().id])
    hospital.refresh_from_db()
    assert hospital.path == [hospital.id]


@pytest.mark.django_db
def test_a_membership_exists_once_while_it_lasts():
    member = make_member("coordinator")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member("coordinator", member.organisation, account=member.account)
    member.until = member.since
    member.save()
    make_member("coordinator", member.organisation, account=member.account)


@pytest.mark.django_db
def test_no_account_holds_two_administrator_roles():
    member = make_member("system_admin")
    for role in ("security_admin", "audit_admin"):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_member(role, account=member.account)
    make_member("system_admin", account=member.account)
    make_member("expert", account=member.account)


def at_once(*acts):
    """Run every act in its own thread and connection, released together; return what each raised."""
    gate, caught = threading.Barrier(len(acts)), []

    def run(act):
        try:
            gate.wait()
            with transaction.atomic():
                act()
        except (IntegrityError, ValueError) as error:
            caught.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return caught


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_together_make_a_ring_leave_one_winner():
    one, two = make_organisation(kind="group"), make_organisation(kind="group")
    refused = at_once(
        lambda: Organisation.objects.filter(pk=one.pk).update(parent=two),
        lambda: Organisation.objects.filter(pk=two.pk).update(parent=one),
    )
    assert len(refused) == 1
    assert Organisation.objects.filter(parent=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_one_page_at_once_the_later_is_told():
    top = make_organisation(kind="platform")
    one, two = (make_organisation(f"{name}县", kind="group", parent=top) for name in "甲乙")
    wards = [make_organisation(kind="hospital", parent=place) for place in (one, two) for _ in range(3)]
    seen = stamp(queries.describe(one))

    def change(row, name, parent, seen=""):
        actions.change_organisation(
            row.pk, name=name, code=row.code, is_centre=False, parent_id=parent.pk, seen=seen, actor=SYSTEM,
            at=clock.now(),
        )  # fmt: skip

    [late] = at_once(*(lambda name=name: change(one, name, top, seen) for name in ("甲一", "甲二")))
    assert isinstance(late, ChangedMeanwhile)
    # Each carries the other's rows along: they wait for each other, and end neither in a ring nor in a deadlock.
    [ring] = at_once(lambda: change(one, "甲", two), lambda: change(two, "乙", one))
    assert isinstance(ring, actions.DoesNotFit)
    assert {len(row.path) for row in Organisation.objects.filter(pk__in=[row.pk for row in wards])} == {3, 4}


@pytest.mark.django_db(transaction=True)
def test_two_administrator_roles_given_at_once_leave_one_winner():
    account, place = make_account(), make_organisation()
    refused = at_once(
        *(
            lambda role=role: Membership.objects.create(account=account, organisation=place, role=role)
            for role in ("system_admin", "security_admin", "audit_admin")
        )
    )
    assert len(refused) == 2
    assert Membership.objects.filter(account=account).count() == 1
