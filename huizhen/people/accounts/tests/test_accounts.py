"""Making, inviting and closing accounts; who acts; the demonstration's people."""

from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM, Membership, NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts import actions, commands, queries
from huizhen.people.accounts.tests.people import app_code, enrol, fresh_cache, is_in, log_in
from huizhen.people.demo import loading as demo
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member, make_organisation

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_member("system_admin", make_organisation(kind="group"))


def create(boss, **fields):
    fields = {"username": "new.doctor", "name": "新医生", "organisation_id": boss.organisation_id} | fields
    return actions.create_staff(actor=get_actor(boss), at=clock.now(), **fields)


def get_actor(member):
    return queries.get_actor(member.account)


def test_an_invitation_sets_the_first_password_once(boss):
    account = create(boss)
    link = actions.invite(account.pk, actor=get_actor(boss), at=clock.now())
    path = "/" + link.split("/", 3)[3]
    client = Client()
    page = client.get(path, follow=True)
    assert page.status_code == 200
    client.post(page.redirect_chain[-1][0], {"password1": "county-night-77", "password2": "county-night-77"})
    account.refresh_from_db()
    assert account.check_password("county-night-77")
    assert Client().get(path, follow=True).context["token_fail"]
    with pytest.raises(NotAllowed):
        actions.invite(account.pk, actor=get_actor(boss), at=clock.now())
    assert AuditEntry.objects.filter(action="people.account.invited", subject_id=str(account.pk)).exists()


@pytest.mark.parametrize("username", ["patient-1", "王", "A B", ""])
def test_some_names_staff_cannot_have(boss, username):
    with pytest.raises(actions.NameTaken):
        create(boss, username=username)


def test_a_name_is_taken_once(boss):
    create(boss)
    with pytest.raises(actions.NameTaken):
        create(boss)


def test_others_neither_make_nor_close_accounts(boss):
    stranger = make_member("system_admin")
    account = create(boss)
    with pytest.raises(NotVisible):
        create(stranger, username="elsewhere", organisation_id=boss.organisation_id)
    with pytest.raises(NotVisible):
        actions.deactivate(account.pk, actor=get_actor(stranger), at=clock.now())
    with pytest.raises(NotAllowed):
        actions.deactivate(boss.account_id, actor=get_actor(boss), at=clock.now())
    actions.deactivate(account.pk, actor=get_actor(boss), at=clock.now())
    assert not queries.get_account(account.pk).is_active
    actions.reactivate(account.pk, actor=get_actor(boss), at=clock.now())
    assert queries.get_account(account.pk).is_active


def test_a_lost_second_factor_is_reset_by_the_security_administrator_only(boss):
    guard = make_member("security_admin", boss.organisation)
    account = enrol(create(boss))
    with pytest.raises(NotAllowed):
        actions.reset_second_factor(account.pk, actor=get_actor(boss), at=clock.now())
    actions.reset_second_factor(account.pk, actor=get_actor(guard), at=clock.now())
    assert not queries.has_second_factor(account)


def test_an_actor_has_memberships_and_an_origin_in_one_query(boss, django_assert_num_queries):
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9")
    with django_assert_num_queries(1):
        actor = queries.get_actor(boss.account, request)
    assert actor.memberships == (Membership("system_admin", boss.organisation_id),)
    assert actor.origin["ip"] == "10.0.0.9"


def test_a_patient_acts_for_their_patients(monkeypatch):
    mine = uuid4()
    monkeypatch.setattr(queries, "_patient_lookup", [lambda _account_id: [mine]])
    assert queries.get_actor(make_account(kind="patient")).patient_ids == {mine}
    assert queries.get_actor(make_account()).patient_ids == frozenset()


def test_a_closed_account_acts_as_nobody():
    assert queries.get_actor(make_account(is_active=False)).account_id is None


def test_preferences_are_ones_own():
    account = make_account()
    own = queries.get_actor(account)
    changed = actions.set_preferences(account.pk, language="en", elder_mode=True, actor=own)
    assert (changed.language, changed.elder_mode) == ("en", True)
    with pytest.raises(NotAllowed):
        actions.set_preferences(make_account().pk, language="en", elder_mode=True, actor=own)
    with pytest.raises(NotAllowed):
        actions.set_preferences(account.pk, language="xx", elder_mode=True, actor=own)


def test_the_demonstration_loads_twice_and_lets_everybody_in():
    first, second = (list(demo.load(clock.now())) for _run in range(2))
    assert first == second
    assert Organisation.objects.count() == len(demo.PLACES)
    account = queries.get_staff("zhou.lan")
    code = queries.get_demo_code("zhou.lan", at=clock.now())
    assert code == app_code(account)
    assert is_in(log_in(account, password=demo.DEMO_PASSWORD, code=code))


def test_the_first_administrators_are_made_once(capsys):
    assert commands.first_admins("江城市平台") == 0
    assert capsys.readouterr().out.count("/account/password/reset/key/") == 3
    assert commands.first_admins("江城市平台") == 1


def test_outside_the_demonstration_nothing_is_shown(settings):
    list(demo.load(clock.now()))
    settings.DEMO = False
    assert queries.get_demo_code("zhou.lan", at=clock.now()) == ""
    assert queries.get_demo_phone_code("+8613800001001") == ""
    with pytest.raises(NotAllowed):
        actions.open_demo_account(queries.get_staff("zhou.lan").pk, "x")


def test_the_system_needs_no_permission():
    account = make_account()
    assert actions.end_sessions(account.pk, actor=SYSTEM, at=clock.now()) == 0


def test_a_forgotten_password_is_answered_alike_even_without_a_mail_server(settings, mailoutbox):
    make_account(email="known@example.org")
    known, unknown = (
        Client().post("/account/password/reset/", {"email": email}) for email in ("known@example.org", "no@example.org")
    )
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert [mail.to for mail in mailoutbox] == [["known@example.org"]]
    assert "/account/password/reset/key/" in mailoutbox[0].body
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert Client().post("/account/password/reset/", {"email": "known@example.org"}).status_code == 302
