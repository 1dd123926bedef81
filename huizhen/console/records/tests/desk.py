"""What the page tests share: somebody at a browser, logged in, and uploads of theirs."""

from typing import Any

from django.test import Client

from huizhen.kernel import clock, files
from huizhen.people.accounts.queries import get_actor
from huizhen.people.accounts.tests.people import enrol
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_account, make_member
from huizhen.records.documents.samples import ecg_picture


class Desk(Client):
    """A browser with its person: `account` and, for tests of features, `actor`."""

    account: Any

    @property
    def actor(self) -> Any:
        return get_actor(self.account)


def sit_down(account: Any) -> Desk:
    """A browser in which this account is logged in."""
    desk = Desk(HTTP_ACCEPT_LANGUAGE="en")
    desk.cookies["django_language"] = "en"
    desk.account = account
    desk.force_login(account)
    return desk


def staff(role: str, organisation: Organisation | None = None) -> Desk:
    """A member of staff with this role, second factor enrolled."""
    return sit_down(enrol(make_member(role, organisation).account))


def person() -> Desk:
    """A patient or relative who stands for nobody yet."""
    return sit_down(make_account(kind="patient"))


def upload(desk: Desk, name: str, data: bytes, purpose: str = "document") -> Any:
    """A finished upload of the person at this desk."""
    return files.store(name, data, actor=desk.actor, at=clock.now(), purpose=purpose)


def picture(desk: Desk) -> Any:
    """A finished upload of a picture."""
    return upload(desk, "ecg.png", ecg_picture())


def text(answer: Any) -> str:
    """The page as text."""
    return answer.content.decode()
