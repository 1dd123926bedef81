"""An operator's length for a deadline: only what is a deadline, only what is a length, and it holds from then on."""

import pytest
from django.test import Client

from huizhen.kernel.calendar import hours
from huizhen.kernel.flow import promises
from huizhen.kernel.flow.figures import list_deadlines
from huizhen.kernel.flow.language import FLOWS
from huizhen.kernel.flow.models import Promise
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_member, make_organisation

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
ADD = "/admin/kernel/promise/add/"
GOOD = {"chosen": "consult.joint|state.submitted", "urgency": "normal", "amount": "7", "unit": "hours"}


@pytest.fixture
def client():
    client = Client()
    client.force_login(enrol(make_member("system_admin", make_organisation("集团", kind="group")).account))
    return client


def length():
    promises.forget()
    return promises.state_length(FLOWS["consult.joint"], "submitted", "normal")


def test_what_is_chosen_takes_effect(client):
    assert length() != hours(7)
    assert client.post(ADD, GOOD).status_code == 302
    assert length() == hours(7)
    row = Promise.objects.get()
    assert client.post(f"/admin/kernel/promise/{row.pk}/change/", GOOD | {"amount": "8"}).status_code == 302
    assert length() == hours(8)


def test_its_history_says_which_deadline_in_words(client):
    client.post(ADD, GOOD)
    page = client.get(f"/admin/kernel/promise/{Promise.objects.get().pk}/history/").content.decode()
    history = page.partition('id="main"')[2] or page
    assert "网络会诊 · 已提交" in history
    assert "consult.joint" not in history
    assert "state.submitted" not in history


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "abc"}, {"unit": ""}, {"amount": "0"}, {"amount": "-1"}, {"amount": "10001"}, {"urgency": "soon"},
        {"chosen": "consult.joint|state.nowhere"}, {"chosen": "consult.joint"}, {"chosen": ""},
        {"chosen": "", "kind": "consult.joint", "deadline": "state.submitted"},
    ],
)  # fmt: skip
def test_what_is_no_deadline_or_no_length_is_refused(client, wrong):
    answer = client.post(ADD, GOOD | wrong)
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert not Promise.objects.exists()


def test_one_length_for_a_deadline_and_an_urgency(client):
    assert client.post(ADD, GOOD).status_code == 302
    again = client.post(ADD, GOOD | {"amount": "9"})
    assert again.status_code == 200
    assert "chosen" in again.context["adminform"].form.errors
    assert client.post(ADD, GOOD | {"urgency": "urgent"}).status_code == 302
    assert Promise.objects.count() == 2


def test_every_deadline_can_be_chosen_and_is_named_in_words(client):
    client.cookies["django_language"] = "zh-hans"
    page = client.get(ADD).content.decode()
    assert "网络会诊 · 已提交" in page
    assert "网络会诊 · 邀请答复" in page
    assert page.count('<option value="consult.joint|') == sum(kind == "consult.joint" for kind, _ in list_deadlines())
    client.post(ADD, GOOD)
    shown = client.get("/admin/kernel/promise/?kind=consult.joint").content.decode()
    assert "网络会诊 · 已提交" in shown
    assert "state.submitted" not in shown
    assert "网络会诊 · 已提交" not in client.get("/admin/kernel/promise/?kind=consult.referral").content.decode()
