"""The back office: each administrator sees their own tables, everybody else nothing; writes go through the actions."""

import json
import re

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.test import Client

from huizhen.console.admin.site import site
from huizhen.console.frame import live_url, lookup_url
from huizhen.console.middleware import policy_for
from huizhen.kernel import audit, ids
from huizhen.kernel.access import Actor
from huizhen.people.accounts import queries
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.organisations import queries as tree
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
PEOPLE = ("people/organisation", "people/account", "people/membership")
HOUSE = ("people/practitioner", "people/specialty", "kernel/promise", "kernel/holiday")
# What that policy would stop: a script or a style that stands in the page.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>\s*\S|\son(?:click|change|load|submit)=|<style\b|\sstyle=",
    re.IGNORECASE,
)


@pytest.fixture
def house():
    return make_organisation("集团", kind="group")


def enter(role, house):
    client = Client()
    client.force_login(enrol(make_member(role, house).account))
    return client


def statuses(client, tables):
    return {table: client.get(f"/admin/{table}/").status_code for table in tables}


def test_without_log_in_there_is_only_the_log_in():
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/login/?next=")


@pytest.mark.parametrize("role", ["coordinator", "expert", "applicant", "operator"])
def test_for_others_it_is_not_there(role, house):
    assert enter(role, house).get("/admin/", follow=True).status_code == 404


@pytest.mark.parametrize("where", ["", "people/", "people/account/", "people/membership/add/"])
def test_whoever_is_in_finds_the_way_out_on_every_page(where, house):
    client = enter("security_admin", house)
    page = client.get(f"/admin/{where}").content.decode()
    assert 'action="/account/logout/"' in page
    assert 'href="/account/second-factor/"' in page
    assert 'href="/"' in page


def test_a_system_administrator_keeps_the_master_data(house):
    make_practitioner(make_organisation(parent=house))
    client = enter("system_admin", house)
    assert set(statuses(client, (*PEOPLE, *HOUSE)).values()) == {200}
    assert client.get("/admin/kernel/auditentry/").status_code == 403
    for table in (*PEOPLE, *HOUSE):
        assert client.get(f"/admin/{table}/add/").status_code == 200


def test_a_security_administrator_sees_accounts_and_roles(house):
    client = enter("security_admin", house)
    assert set(statuses(client, PEOPLE).values()) == {200}
    assert set(statuses(client, (*HOUSE, "kernel/auditentry")).values()) == {403}


def test_an_audit_administrator_reads_the_audit_and_nothing_else(house):
    client = enter("audit_admin", house)
    assert client.get("/admin/kernel/auditentry/").status_code == 200
    assert client.get("/admin/kernel/auditentry/add/").status_code == 403
    assert set(statuses(client, (*PEOPLE, *HOUSE)).values()) == {403}


def test_only_ones_own_organisations_are_listed(house):
    make_organisation("别家医院")
    page = enter("system_admin", house).get("/admin/people/organisation/").content.decode()
    assert "集团" in page
    assert "别家医院" not in page


def test_an_organisation_is_made_and_moved_through_its_actions(house):
    client = enter("system_admin", house)
    form = {"parent": house.pk, "kind": "hospital", "name": "县医院", "code": "X-1", "is_centre": "on"}
    assert client.post("/admin/people/organisation/add/", form).status_code == 302
    made = apps.get_model("people", "Organisation").objects.get(code="X-1")
    assert tree.covers(house.pk, made.pk)
    wrong = client.post("/admin/people/organisation/add/", form | {"kind": "platform", "code": "X-2"})
    assert wrong.status_code == 200
    assert wrong.context["errors"]
    inner = make_organisation(kind="group", parent=house)
    changed = {"parent": inner.pk, "name": "县人民医院", "code": "X-1"}
    assert client.post(f"/admin/people/organisation/{made.pk}/change/", changed).status_code == 302
    assert tree.covers(inner.pk, made.pk)
    assert tree.get_node(made.pk).name == "县人民医院"
    entry = apps.get_model("kernel", "AuditEntry").objects.filter(subject_id=str(made.pk)).order_by("-id").first()
    assert entry.action == "people.organisation.changed"


def test_an_account_is_made_invited_given_a_role_and_closed(house):
    client = enter("system_admin", house)
    form = {
        "username": "new.doctor",
        "name": "新医生",
        "home": house.pk,
        "language": "zh-hans",
        "phone_number": "13800138000",
    }
    assert client.post("/admin/people/account/add/", form).status_code == 302
    account = queries.get_staff("new.doctor")
    assert account.phone == "+8613800138000"
    page = client.get(f"/admin/people/account/{account.pk}/change/").content.decode()
    assert "138****8000" in page
    assert "13800138000" not in page
    invited = client.post("/admin/people/account/", {"action": "invite", "_selected_action": account.pk}, follow=True)
    assert "/account/password/reset/key/" in invited.content.decode()
    role = {"account": account.pk, "organisation": house.pk, "role": "expert"}
    assert client.post("/admin/people/membership/add/", role).status_code == 302
    assert tree.list_memberships(account.pk) == [("expert", house.pk)]
    client.post("/admin/people/account/", {"action": "close", "_selected_action": account.pk})
    assert not queries.get_account(account.pk).is_active


def test_a_system_administrator_cannot_make_an_administrator(house):
    client, account = enter("system_admin", house), make_account()
    role = {"account": account.pk, "organisation": house.pk, "role": "security_admin"}
    page = client.post("/admin/people/membership/add/", role, follow=True)
    assert tree.list_memberships(account.pk) == []
    assert page.status_code == 200


def test_a_doctor_is_registered_and_changed(house):
    client, account = enter("system_admin", house), make_account(home=house)
    form = {
        "account": account.pk,
        "organisation": house.pk,
        "title": "chief",
        "chosen": ["03.01"],
        "licence_number": "110420100012345",
        "weekly_limit": "8",
    }
    assert client.post("/admin/people/practitioner/add/", form).status_code == 302
    doctor = apps.get_model("people", "Practitioner").objects.get(account=account)
    assert [row.code for row in doctor.specialties.all()] == ["03.01"]
    changed = form | {"chosen": ["04.05", "19"], "accepting": "on", "title": "associate_chief"}
    assert client.post(f"/admin/people/practitioner/{doctor.pk}/change/", changed).status_code == 302
    doctor.refresh_from_db()
    assert (doctor.title, doctor.licence_number) == ("associate_chief", "110420100012345")
    assert sorted(row.code for row in doctor.specialties.all()) == ["04.05", "19"]


# Table: what is made, what is changed, and how the history tells the change.
TRACKED = {
    "kernel/promise": (
        {"chosen": "consult.joint|report", "urgency": "normal", "unit": "hours", "amount": "90"},
        {"amount": "120"}, "Amount: <del>90</del> → <ins class=\"font-medium no-underline\">120</ins>",
    ),
    "kernel/holiday": (
        {"date": "2027-02-05", "kind": "holiday", "name": "春节", "source": "operator"},
        {"kind": "workday"}, "Kind: <del>Day off</del> → <ins class=\"font-medium no-underline\">Working day (swapped)</ins>",
    ),
    "people/specialty": (
        {"code": "99.77", "name": "航天医学科", "name_en": "Space medicine"},
        {"parent": "03"}, "Belongs to: <del>—</del> → <ins class=\"font-medium no-underline\">内科</ins>",
    ),
    "records/station": (
        {"organisation": "house", "name": "CT 1", "ae_title": "CT1", "address": "10.1.1.7", "active": "on"},
        {"address": "10.1.1.8"}, "<del>10.1.1.7</del> → <ins class=\"font-medium no-underline\">10.1.1.8</ins>",
    ),
    "records/pacs": (
        {"organisation": "house", "name": "PACS", "address": "https://pacs.example/dicom", "password": "first secret",
         "active": "on"},
        {"password": "second secret"}, "Password: <del>••••••</del> → <ins class=\"font-medium no-underline\">••••••</ins>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", TRACKED)
def test_what_stood_before_can_be_read_of_everything_that_is_changed(house, table):
    client, (given, changed, told) = enter("system_admin", house), TRACKED[table]
    client.cookies["django_language"] = "en"
    given = {name: house.pk if value == "house" else value for name, value in given.items()}
    model = apps.get_model(table.replace("/", "."))
    there = set(model.objects.values_list("pk", flat=True))
    assert client.post(f"/admin/{table}/add/", given).status_code == 302
    [key] = set(model.objects.values_list("pk", flat=True)) - there
    address = f"/admin/{table}/{quote(key)}"
    assert client.post(f"{address}/change/", given | changed).status_code == 302
    page = client.get(f"{address}/history/").content.decode()
    assert told in page
    assert page.index("Changed") < page.index("Made")
    assert "secret" not in page + client.get(f"{address}/change/").content.decode()
    entries = apps.get_model("kernel", "AuditEntry").objects.filter(subject_id=str(key)).order_by("id")
    assert [entry.action for entry in entries] == ["people.master.added", "people.master.changed"]
    assert list(entries[1].data["changed"]) == list(changed)
    assert "secret" not in json.dumps([entry.data for entry in entries])
    events = apps.get_model(table.replace("/", ".") + "event").objects.filter(pgh_obj_id=key)
    assert [event.pgh_label for event in events.order_by("pgh_id")] == ["insert", "update"]
    for role, code in (("security_admin", 403), ("audit_admin", 403), ("operator", 404)):
        assert enter(role, house).get(f"{address}/history/", follow=True).status_code == code


def test_passwords_are_never_shown_and_stay_where_none_is_written(house):
    client = enter("system_admin", house)
    upstream = {
        "format": "fhir",
        "way": "http",
        "url": "https://platform.example/fhir",
        "most_at_once": 100,
        "hand_in_hours": 24,
    }
    kinds = (
        ("records/pacs", "records.Pacs", "address", "password", {"address": "https://pacs.example/dicom"}),
        ("lab/upstream", "lab.Upstream", "url", "secret", upstream),
    )
    for table, model, address, field, facts in kinds:
        form = {"organisation": house.pk, "name": "X", **facts, field: "kept-and-hidden"}
        assert client.post(f"/admin/{table}/add/", form).status_code == 302
        made = apps.get_model(model).objects.get()
        assert "kept-and-hidden" not in client.get(f"/admin/{table}/{made.pk}/change/").content.decode()
        assert client.post(f"/admin/{table}/{made.pk}/change/", form | {field: ""}).status_code == 302
        elsewhere = form | {address: "https://elsewhere.example/there", field: ""}
        refused = client.post(f"/admin/{table}/{made.pk}/change/", elsewhere)
        assert field in refused.context["adminform"].form.errors
        made.refresh_from_db()
        assert (getattr(made, address), getattr(made, field)) == (facts[address], "kept-and-hidden")
        assert client.post(f"/admin/{table}/{made.pk}/change/", elsewhere | {field: "another"}).status_code == 302
        made.refresh_from_db()
        assert (getattr(made, address), getattr(made, field)) == (elsewhere[address], "another")


@pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin"])
def test_a_page_is_under_the_policy_of_every_page_and_keeps_it(house, role):
    make_practitioner(make_organisation(parent=house))
    client, seen = enter(role, house), 0
    for address in addresses():
        answer = client.get(address)
        if answer.status_code == 200:
            seen += 1
            assert answer.headers["Content-Security-Policy"] == policy_for(*sockets(answer)), address
            assert INLINE.findall(answer.content.decode()) == [], address
    assert seen > 1


def addresses():
    """Each page of each table: its list, an empty form, and a row with its history where there is one."""
    for model in site._registry:
        here = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (here, f"{here}add/")
        if key := model._default_manager.values_list("pk", flat=True).first():
            yield from (f"{here}{quote(key)}/change/", f"{here}{quote(key)}/history/")
    yield "/admin/"


def sockets(answer):
    """Where the page may be told what is new: the house's own sockets."""
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    return live_url(answer.wsgi_request), lookup_url(answer.wsgi_request)


def test_stored_text_brings_no_attribute_that_is_evaluated(house):
    hostile = make_organisation("<b x-init=fetch()>", parent=house)
    client = enter("system_admin", house)
    for address in ("", f"{hostile.pk}/change/"):
        page = client.get(f"/admin/people/organisation/{address}").content.decode()
        assert "x-init=fetch()" in page
        assert "<b x-init" not in page


def test_without_a_second_factor_nobody_comes_in(house):
    client = Client()
    client.force_login(make_member("system_admin", house).account)
    answer = client.get("/admin/people/account/")
    assert answer.status_code == 302
    assert "/admin/" not in answer["Location"].partition("?")[0]


def test_no_table_of_health_records_is_behind_it():
    """The audit says that somebody's record was read, by keys alone."""
    record = apps.get_model("records", "Patient")
    behind = {
        model.__name__
        for model in site._registry
        for field in model._meta.get_fields()
        if model is record or field.related_model is record or field.name == "patient_id"
    }
    assert behind == {"AuditEntry"}


@pytest.mark.django_db(transaction=True)
def test_the_audits_list_shows_what_was_read_a_moment_ago(house):
    client = enter("audit_admin", house)
    actor = Actor(ids.new_id(), "刚看过的人")
    audit.record(actor, "records.document.read", subject_kind="document", subject_id=1, organisation_id=house.pk)
    assert "刚看过的人" in client.get("/admin/kernel/auditentry/").content.decode()
