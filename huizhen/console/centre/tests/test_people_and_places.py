"""The operators' pages: what an operator may do with people and places of the region, what not, and what is kept."""

import re

import pytest

from huizhen.console.centre.tests.test_centre import browser
from huizhen.kernel import audit
from huizhen.people.accounts.models import Account
from huizhen.people.credentials.models import Specialty
from huizhen.people.organisations.models import Membership, Organisation
from huizhen.people.organisations.queries import list_memberships
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner

pytestmark = pytest.mark.django_db
PEOPLE, PLACES = "/centre/people/", "/centre/organisations/"


@pytest.fixture
def region():
    return make_organisation("江北远程平台", kind="platform", code="JB")


@pytest.fixture
def hospital(region):
    return make_organisation("江北医院", parent=region, code="JB-1")


@pytest.fixture
def operator(region):
    return browser(make_member("operator", region, name="吴迪").account)


def stamp_on(page, form=""):
    """The hidden sign of what a form shows."""
    text = page.content.decode()
    text = text[text.index(f'name="form" value="{form}"') :] if form else text
    return re.search(r'name="seen" value="(\w+)"', text)[1]


def words(page):
    """What a person reads on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.content.decode()))


def test_a_person_is_made_invited_given_roles_closed_and_opened(operator, region, hospital):
    form = {"name": "陆明", "username": "lu.ming", "role": "applicant", "place": hospital.pk, "language": "zh-hans",
            "phone": "138 0013 8000"}  # fmt: skip
    assert operator.post(f"{PEOPLE}new/", form | {"username": "Lu Ming"}).status_code == 422
    assert operator.post(f"{PEOPLE}new/", form | {"role": "system_admin"}).status_code == 422
    made = operator.post(f"{PEOPLE}new/", form)
    account = Account.objects.get(username="lu.ming")
    here = f"{PEOPLE}{account.pk}/"
    assert made["Location"] == here
    page = operator.get(here)
    assert "138****8000" in words(page)
    assert "13800138000" not in page.content.decode()
    assert "/account/password/reset/key/" in words(operator.post(f"{here}invite/"))
    operator.post(here, {"form": "role", "role": "expert", "place": region.pk})
    assert set(list_memberships(account.pk)) == {("applicant", hospital.pk), ("expert", region.pk)}
    assert operator.post(here, {"form": "role", "role": "expert", "place": region.pk}).status_code == 422
    expert = Membership.objects.get(account=account, role="expert")
    operator.post(f"{PEOPLE}roles/{expert.pk}/end/")
    assert list_memberships(account.pk) == [("applicant", hospital.pk)]
    operator.post(f"{here}close/")
    assert not Account.objects.get(pk=account.pk).is_active
    assert "陆明" in words(operator.get(f"{PEOPLE}?state=closed"))
    assert "陆明" not in words(operator.get(PEOPLE))
    operator.post(f"{here}reopen/")
    told = [change.action.removeprefix("people.") for change in audit.list_history(("account", account.pk))]
    assert told == ["account.reopened", "account.closed", "membership.ended", "membership.added", "account.invited",
                    "membership.added", "account.created"]  # fmt: skip


def test_two_operators_and_the_later_one_sees_what_stands(operator, region, hospital):
    doctor = make_practitioner(hospital, name="沈青", account=make_account("沈青", home=hospital))
    here, other = f"{PEOPLE}{doctor.account_id}/", browser(make_member("operator", region, name="何川").account)
    seen = stamp_on(operator.get(here), "account")
    form = {"form": "account", "name": "沈青", "email": "", "language": "zh-hans", "seen": seen}
    assert other.post(here, form | {"name": "沈清"}).status_code == 302
    late = operator.post(here, form | {"email": "shen@example.org"})
    assert late.status_code == 422
    assert "现为：沈清" in words(late)
    assert "shen@example.org" in late.content.decode()
    assert Account.objects.get(pk=doctor.account_id).email == ""
    again = operator.post(here, form | {"email": "shen@example.org", "seen": stamp_on(late, "account")})
    assert again.status_code == 302
    assert "姓名: 沈青 → 沈清" in words(other.get(here))
    codes = [
        Specialty.objects.create(code=code, name=name, name_en=name).pk
        for code, name in (("X1", "甲科"), ("X2", "乙科"))
    ]
    facts = {"form": "doctor", "title": "attending", "specialty_1": codes[0], "specialty_2": codes[1],
             "licence_number": "110420100012345", "seen": stamp_on(other.get(here), "doctor")}  # fmt: skip
    bad = {"licence_valid_from": "2026-01-02", "licence_valid_until": "2026-01-01"}
    assert operator.post(here, facts | bad).status_code == 422
    assert operator.post(here, facts).status_code == 302
    assert other.post(here, facts | {"title": "resident"}).status_code == 422
    page = operator.get(here)
    assert "职称: 主任医师 → 主治医师" in words(page)
    assert "甲科 · 乙科" in words(page)
    assert "吴迪" in words(page)
    [change] = audit.list_history(("practitioner", doctor.pk))
    assert ("licence_number", "", "****2345") in change.fields


def test_an_organisation_is_made_changed_and_moved(operator, region, hospital):
    group = make_organisation("江北医联体", kind="group", parent=region, code="JB-G")
    new = {"parent": hospital.pk, "kind": "group", "name": "内科楼", "code": "JB-1-M"}
    assert "不能放在这里" in words(operator.post(f"{PLACES}new/", new))
    assert "该编码已被其他机构使用" in words(operator.post(f"{PLACES}new/", new | {"kind": "department", "code": "JB"}))
    assert operator.post(f"{PLACES}new/", new | {"kind": "department"}).status_code == 302
    here, ward = f"{PLACES}{hospital.pk}/", Organisation.objects.get(code="JB-1-M")
    form = {"name": "江北中心医院", "code": "JB-1", "parent": group.pk, "seen": stamp_on(operator.get(here))}
    assert operator.post(here, form | {"parent": ward.pk}).status_code == 422
    assert "JB-G" in operator.post(here, form | {"code": "JB-G"}).content.decode()
    assert operator.post(here, form).status_code == 302
    assert operator.post(here, form | {"name": "别名"}).status_code == 422
    ward.refresh_from_db()
    assert ward.path == [region.pk, group.pk, hospital.pk, ward.pk]
    page = words(operator.get(here))
    assert "名称: 江北医院 → 江北中心医院" in page
    assert "上级机构: 江北远程平台 → 江北医联体" in page


def test_search_finds_by_what_one_knows(operator, region, hospital):
    make_practitioner(hospital, name="唐欣", title="chief", specialties=("肿瘤科",))
    make_member("laboratory", region, name="罗敏")
    code = Specialty.objects.get(name="肿瘤科").pk
    finds = {"q=唐": True, "q=江北医院": True, f"specialty={code}": True, "role=expert": True,
             f"place={hospital.pk}": True, "q=唐 罗": False, "role=collector": False}  # fmt: skip
    assert {query: "唐欣" in words(operator.get(f"{PEOPLE}?{query}")) for query in finds} == finds
    assert "江北医院" not in words(operator.get(f"{PLACES}?kind=clinic")).partition("查找")[2]


def test_another_region_is_not_there(operator):
    elsewhere = make_organisation("外地医院")
    stranger = make_practitioner(elsewhere, name="外人")
    role = Membership.objects.get(account=stranger.account)
    patient = make_account("病人", kind="patient")
    assert "外人" not in words(operator.get(PEOPLE))
    assert "外地医院" not in words(operator.get(PLACES))
    for address in (f"{PLACES}{elsewhere.pk}/", f"{PEOPLE}{stranger.account_id}/", f"{PEOPLE}{patient.pk}/"):
        assert (operator.get(address).status_code, operator.post(address, {}).status_code) == (404, 404), address
    assert operator.post(f"{PEOPLE}roles/{role.pk}/end/").status_code == 404
    for role_name in ("coordinator", "team_lead", "system_admin", "security_admin"):
        others = browser(make_member(role_name).account)
        assert others.get(PEOPLE).status_code == 404, role_name


@pytest.mark.parametrize("role", ["operator", "system_admin", "security_admin", "audit_admin"])
def test_who_holds_more_than_a_working_role_is_only_shown(operator, region, hospital, role):
    account = make_account("管理员", home=hospital)
    member, work = make_member(role, region, account=account), make_member("expert", hospital, account=account)
    here = f"{PEOPLE}{account.pk}/"
    page = operator.get(here)
    assert page.status_code == 200
    assert "<form" not in page.content.decode().partition("<main")[2].partition("</main")[0]
    refused = [
        operator.post(here, {"form": "account", "name": "改名", "language": "en"}),
        operator.post(here, {"form": "doctor", "title": "chief"}),
        operator.post(here, {"form": "role", "role": "expert", "place": region.pk}),
        *(operator.post(f"{here}{act}/") for act in ("invite", "close", "reopen")),
        *(operator.post(f"{PEOPLE}roles/{one.pk}/end/") for one in (member, work)),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
