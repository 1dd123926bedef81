"""Giving and ending roles: who may, what clashes, and what the audit keeps."""

import pytest

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.actions import change_staff
from huizhen.people.accounts.queries import get_actor, get_staff
from huizhen.people.organisations import actions, queries
from huizhen.people.organisations.models import Role
from huizhen.people.staff.actions import employ
from huizhen.people.tests.builders import make_account, make_member, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_organisation(kind="group")


def add(account, place, role, actor):
    return actions.add_membership(account.pk, place.pk, role, actor=actor, at=clock.now())


def admin(role, house):
    return get_actor(make_member(role, house).account)


def test_a_system_administrator_gives_working_roles_below(house):
    hospital, doctor = make_organisation(parent=house), make_account()
    given = add(doctor, hospital, "expert", admin("system_admin", house))
    assert queries.list_memberships(doctor.pk) == [("expert", hospital.pk)]
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject_id, entry.data["role"]) == ("people.membership.added", str(doctor.pk), "expert")
    actions.end_membership(given.pk, actor=admin("system_admin", house), at=clock.now())
    assert queries.list_memberships(doctor.pk) == []


def test_only_the_security_administrator_makes_administrators(house):
    with pytest.raises(NotAllowed):
        add(make_account(), house, "system_admin", admin("system_admin", house))
    add(make_account(), house, "system_admin", admin("security_admin", house))


def test_nobody_gives_themselves_a_role(house):
    own = make_member("system_admin", house)
    with pytest.raises(NotAllowed):
        add(own.account, house, "expert", get_actor(own.account))


def test_elsewhere_does_not_exist(house):
    with pytest.raises(NotVisible):
        add(make_account(), make_organisation(), "expert", admin("system_admin", house))
    with pytest.raises(NotVisible):
        add(make_account(), house, "expert", get_actor(make_account()))


@pytest.mark.parametrize("role", Role.values)
def test_an_operator_gives_and_ends_working_roles_alone(house, role):
    boss, hospital = admin("operator", house), make_organisation(parent=house)
    works = role not in {"operator", "system_admin", "security_admin", "audit_admin"}
    doctor, held = make_account(home=hospital), make_member(role, hospital)
    for act in (
        lambda: add(doctor, hospital, role, boss),
        # Not even a working role, where the person holds more.
        lambda: add(held.account, house, "collector" if role != "collector" else "expert", boss),
        lambda: actions.end_membership(held.pk, actor=boss, at=clock.now()),
    ):
        if works:
            act()
        else:
            with pytest.raises(NotAllowed):
                act()
    assert (queries.list_memberships(doctor.pk) == [(role, hospital.pk)]) is works


def test_an_operator_knows_the_region_and_its_guests(house):
    boss, elsewhere = admin("operator", house), make_organisation()
    guest, stranger = make_member("expert", elsewhere).account, make_account(home=elsewhere)
    make_member("expert", house, account=guest)
    add(guest, house, "laboratory", boss)
    with pytest.raises(NotVisible):
        add(stranger, house, "expert", boss)
    with pytest.raises(NotVisible):
        add(guest, elsewhere, "laboratory", boss)
    with pytest.raises(NotAllowed):
        change_staff(guest.pk, name="改名", email="", language="en", actor=boss, at=clock.now())


@pytest.mark.parametrize("role", ["security_admin", "audit_admin"])
def test_two_administrators_in_one_person_clash(house, role):
    account = make_member("system_admin", house).account
    with pytest.raises(actions.RolesClash):
        add(account, house, role, SYSTEM)


def test_the_same_role_twice_clashes(house):
    account = make_member("expert", house).account
    with pytest.raises(actions.RolesClash):
        add(account, house, "expert", SYSTEM)


def test_a_kind_that_cannot_lie_there_is_refused(house):
    boss = admin("system_admin", house)
    clinic = make_organisation(kind="clinic", parent=house)
    with pytest.raises(actions.DoesNotFit):
        actions.create_organisation(
            actor=boss, at=clock.now(), parent_id=clinic.pk, kind="hospital", name="医院", code="X1"
        )
    inner = make_organisation(kind="group", parent=house)
    with pytest.raises(actions.DoesNotFit):
        actions.move_organisation(house.pk, parent_id=inner.pk, actor=SYSTEM, at=clock.now())
    made = actions.create_organisation(
        actor=boss, at=clock.now(), parent_id=house.pk, kind="hospital", name="医院", code="X1"
    )
    assert made.path == [house.pk, made.pk]


def test_somebody_is_employed_whole_or_not_at_all(house):
    boss = admin("operator", house)
    given = {"name": "陆明", "organisation_id": house.pk, "actor": boss, "at": clock.now()}
    with pytest.raises(NotAllowed):
        employ(username="lu.ming", role="operator", **given)
    assert not get_staff("lu.ming")
    made = employ(username="lu.ming", role="expert", **given)
    assert queries.list_memberships(made.pk) == [("expert", house.pk)]
