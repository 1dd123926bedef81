"""The inbox: one's own messages, opened, counted, and nobody else's."""

from uuid import uuid4

import pytest
from django.urls import reverse

from huizhen.console.inbox import path_of
from huizhen.console.records.tests.desk import person, staff, text
from huizhen.kernel import clock, notify
from huizhen.people.accounts.tests.people import fresh_cache

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
KIND = "console.tests.told"


@pytest.fixture(autouse=True)
def kind():
    notify.KINDS.pop(KIND, None)
    notify.register(KIND, title="Look at %(number)s", body="It moved on", ladder=())
    yield
    notify.KINDS.pop(KIND, None)


def tell(desk, link="/me/consents/", number="J1"):
    notify.tell(KIND, [desk.account.pk], key=f"k-{uuid4()}", context={"number": number, "link": link}, at=clock.now())
    return notify.list_inbox(desk.account.pk)[0]


@pytest.mark.parametrize("make", [person, lambda: staff("expert")])
def test_a_message_is_counted_opened_and_seen(make):
    desk = make()
    entry = tell(desk)
    page = text(desk.get(reverse("inbox")))
    assert "Look at J1" in page
    assert "Messages, 1 new" in text(desk.get(reverse("inbox-bell")))
    assert desk.get(reverse("inbox-open", args=[entry.id])).url == "/me/consents/"
    assert "Messages, none new" in text(desk.get(reverse("inbox-bell")))


def test_all_are_marked_by_one_button():
    desk = person()
    tell(desk)
    tell(desk)
    assert desk.post(reverse("inbox-read")).url == reverse("inbox")
    assert notify.count_unseen(desk.account.pk) == 0


def test_the_message_of_somebody_else_does_not_exist():
    other = tell(person())
    assert person().get(reverse("inbox-open", args=[other.id])).status_code == 404


def test_there_are_pages():
    desk = person()
    for n in range(31):
        tell(desk, number=f"J{n}")
    first = desk.get(reverse("inbox"))
    assert len(first.context["notes"]) == 30
    assert len(desk.get(reverse("inbox") + first.context["next"]).context["notes"]) == 1
    assert desk.get(reverse("inbox") + "?after=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("https://huizhen.example/consult/joint/1/?a=2", "/consult/joint/1/?a=2"),
        ("https://huizhen.example//evil.example/x", "/inbox/"),
        ("", "/inbox/"),
        ("javascript:alert(1)", "/inbox/"),
    ],
)
def test_a_link_never_leaves_the_house(link, path):
    assert path_of(link) == path
