"""The directory: who is where, and what lies below what, correct at once here and soon elsewhere."""

from datetime import timedelta

import pytest
from django.db import transaction

from huizhen.kernel import clock
from huizhen.kernel.access import directory
from huizhen.people.organisations import queries, tree
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def region():
    platform = make_organisation("平台", kind="platform", is_centre=True)
    group = make_organisation("集团", kind="group", parent=platform)
    hospital = make_organisation("县医院", parent=group)
    ward = make_organisation("内科", kind="department", parent=hospital)
    return platform, group, hospital, ward


def test_below_and_covers_follow_the_tree(region):
    platform, group, hospital, ward = region
    assert set(directory().below(group.pk)) == {group.pk, hospital.pk, ward.pk}
    assert directory().covers(platform.pk, ward.pk)
    assert directory().covers(ward.pk, ward.pk)
    assert not directory().covers(ward.pk, platform.pk)
    assert not directory().covers(hospital.pk, make_organisation().pk)


def test_a_move_is_seen_at_once(region):
    platform, group, hospital, ward = region
    assert directory().covers(group.pk, ward.pk)
    hospital.parent = platform
    hospital.save()
    assert not directory().covers(group.pk, ward.pk)
    assert directory().covers(platform.pk, ward.pk)


def test_a_change_by_another_process_is_seen_within_a_second(region, time_machine):
    _platform, _group, hospital, _ward = region
    assert queries.get_node(hospital.pk).name == "县医院"
    Organisation.objects.filter(pk=hospital.pk).update(name="县人民医院")  # without a signal, like another process
    time_machine.move_to(clock.now() + timedelta(seconds=1.1))
    assert queries.get_node(hospital.pk).name == "县人民医院"


def test_a_tree_that_was_rolled_back_is_dropped(time_machine):
    with transaction.atomic():
        ghost = make_organisation()
        assert directory().covers(ghost.pk, ghost.pk)
        transaction.set_rollback(True)
    time_machine.move_to(clock.now() + timedelta(seconds=1.1))
    assert not directory().covers(ghost.pk, ghost.pk)


def test_a_quiet_tree_costs_no_queries(region, django_assert_num_queries, time_machine):
    time_machine.move_to(clock.now(), tick=False)
    tree.current()
    with django_assert_num_queries(0):
        assert directory().below(region[0].pk)


def test_the_centre_is_the_nearest_one_above(region):
    platform, _group, hospital, ward = region
    assert queries.centre_for(ward.pk) == platform.pk
    hospital.is_centre = True
    hospital.save()
    assert queries.centre_for(ward.pk) == hospital.pk
    assert queries.centre_for(make_organisation().pk) is None
    assert queries.hospital_of(ward.pk) == hospital.pk
    assert queries.get_full_name(ward.pk) == "县医院 · 内科"


def test_members_are_those_of_exactly_this_place_who_are_still_there(region):
    platform, group, *_rest = region
    here = make_member("coordinator", platform)
    make_member("coordinator", group)
    make_member("expert", platform)
    make_member("coordinator", platform, is_active=False)
    gone = make_member("coordinator", platform)
    gone.until = clock.now()
    gone.save()
    assert directory().members("coordinator", platform.pk) == [here.account_id]


def test_contacts_carry_phone_and_language_of_active_accounts():
    one, closed = make_account(phone="+8613800138000", language="en"), make_account(is_active=False)
    found = directory().contacts([one.pk, closed.pk])
    assert set(found) == {one.pk}
    assert (found[one.pk].phone, found[one.pk].language) == ("+8613800138000", "en")
