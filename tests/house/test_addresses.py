"""Every address × everybody: the exact status code, as `addresses.txt` says; and every page is seen by somebody."""

import gc
import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from huizhen.console.styleguide.demo.pages import PAGES
from huizhen.consult.joint.tests.builders import MONDAY
from tests.house import addresses
from tests.house.addresses import Address
from tests.house.addresses_world import World, build

pytestmark = pytest.mark.django_db
WRITE = {"HTTP_IDEMPOTENCY_KEY": "walk-through-1", "HTTP_TUS_RESUMABLE": "1.0.0"}
# Who sends each form of the console with nothing in it. The first is asked first: a page that takes no POST is done with
# him. Whose reach differs in nothing that a form asks for is left out, for the time it takes.
SENDING = ("coordinator", "nobody", "stranger", "applicant", "chair", "expert", "patient", "operator", "laboratory")
# The API has its own methods, the back office's forms are the toolkit's, and those of logging in are tested beside the
# accounts; the others are lists, files, and pages for everybody.
WITHOUT_FORMS = re.compile(
    r"(api|admin|account|styleguide|verify|follow|cases)/|healthz|readyz|metrics|centre/(board|experts|statistics)/|.*\?|.*\.\w+/?$|$"
)
# Administrators who watch over others: the security administrator sees who was permitted what, the audit administrator
# who has read what; neither sees the record itself.
WATCHING = {
    ("security", "api/v1/records/consents/<consent_id>/withdrawal"),
    ("security", "records/consents/<consent_id>/withdraw/"),
    ("audit", "api/v1/records/patients/<patient_id>/readers"),
}


class Visits:
    """What everybody got everywhere, and which templates were used on the way."""

    def __init__(self) -> None:
        self.codes: dict[Address, dict[str, int]] = {}
        self.templates: set[str] = set()
        self.broken_samples: list[str] = []

    def walk(self, world: World, address: Address) -> None:
        """See what everybody gets there. A button of a page is pressed, not looked at; a form is sent as well."""
        sent = Address("POST", address.route)
        if not self.visit(world, address, world.persons):
            assert self.visit(world, sent, world.persons), f"{address.route} takes neither GET nor POST"
        elif address.method == "GET" and not WITHOUT_FORMS.match(address.route):
            self.visit(world, sent, SENDING)

    def visit(self, world: World, address: Address, persons: Iterable[str]) -> bool:
        """Ask as each of them; whatever it does is taken back. False, and nothing noted, as soon as it shows that the
        address does not take this; the API's own methods stand in the table already."""
        got = self.codes[address] = {}
        for person in persons:
            with undone():
                client = world.clients[person]
                kept = dict(client.cookies)
                body = world.body(address, person)
                answer = client.generic(address.method, world.path(address), body, "application/json", **WRITE)
                client.cookies.clear()
                client.cookies.update(kept)
                got[person] = answer.status_code
                self.templates |= {t.name for t in getattr(answer, "templates", None) or () if t.name}
                # Closing an answer would close the connection too, and with it what is to be taken back.
                list(answer.streaming_content if answer.streaming else ())
            if answer.status_code == 405 and not address.route.startswith("api/"):
                del self.codes[address]
                return False
        return True

    def look_at_the_style_page(self, world: World) -> None:
        """The pages filled with invented content."""
        for name in PAGES:
            with undone():
                answer = world.clients["nobody"].get(f"/styleguide/{name}/")
            if answer.status_code != 200:
                self.broken_samples.append(name)
            self.templates |= {template.name for template in answer.templates if template.name}


@contextmanager
def in_haste() -> Iterator[None]:
    """Without the log, of which nobody reads a line here, and without the collector: the world lives until the end."""
    logging.disable(logging.CRITICAL)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def visits(django_db_setup: Any, django_db_blocker: Any, signing: Any) -> Iterator[Visits]:
    made = Visits()
    with django_db_blocker.unblock(), warnings.catch_warnings(), in_haste(), undone():
        warnings.simplefilter("ignore")
        cache.clear()
        with time_machine.travel(MONDAY, tick=False) as travel:
            world = build(travel)
            for address in addresses.list_addresses():
                made.walk(world, address)
            if os.environ.get("ADDRESSES") == "write":
                addresses.write_table(made.codes)
            made.look_at_the_style_page(world)
    return made


def test_everybody_gets_what_the_table_says(visits: Visits):
    table = addresses.read_table()
    new = [f"{address.method} /{address.route}" for address in visits.codes if address not in table]
    gone = [f"{address.method} /{address.route}" for address in table if address not in visits.codes]
    assert (new, gone) == ([], []), "see tests/house/addresses.py: the table is to be written anew, and read"
    wrong = {
        f"{address.method} /{address.route} as {person}": (code, table[address][person])
        for address, got in visits.codes.items()
        for person, code in got.items()
        if code != table[address][person]
    }
    assert wrong == {}, "(got, expected)"


def test_nothing_breaks(visits: Visits):
    broken = [(address, person) for address, got in visits.codes.items() for person, code in got.items() if code == 500]
    assert (broken, visits.broken_samples) == ([], [])


def test_who_may_not_see_it_is_not_told_that_it_is_there(visits: Visits):
    """A thing of a case or a record is 404 for strangers: 403 would say that it exists."""
    things = {"case_id", "patient_id", "document_id", "study_id", "series_id", "instance_id", "import_id", "consent_id",
              "invitation_id", "message_id", "opinion_id", "entry_id"}  # fmt: skip
    told = [
        (address.method, address.route, person)
        for address, got in visits.codes.items()
        for person in ("stranger", "uninvited", "other-patient", "operator", "system", "security", "audit")
        if things & set(address.parameters) and got.get(person, 404) not in (404, 405)
        if (person, address.route) not in WATCHING
    ]
    assert told == []


# Pages in the middle of logging in, or behind a phone code, which no plain visit reaches: the tests
# of `people.accounts` and of `consult.joint.families` walk through them.
MIDWAY = (
    "account/confirm_login_code.html", "mfa/authenticate.html", "mfa/recovery_codes/index.html",
    "mfa/webauthn/authenticator_confirm_delete.html", "mfa/webauthn/edit_form.html", "mfa/webauthn/reauthenticate.html",
    "follow/gone.html", "follow/progress.html",
)  # fmt: skip
# Asked for by a question behind the address of the case; `test_cost` beside the page goes that way.
EARLIER = "consult/joint/earlier.html"


def test_every_page_is_seen_by_somebody(visits: Visits):
    """Parts (`_part.html`) and components stand in pages; whether they compile is asked beside the console."""
    root = Path(settings.PACKAGE)
    pages = {
        str(path).split("/templates/", 1)[1]
        for path in root.glob("**/templates/**/*.html")
        if not path.name.startswith("_") and "/cotton/" not in str(path)
    }
    unseen, excused = pages - visits.templates, {*MIDWAY, EARLIER}
    assert (sorted(unseen - excused), sorted(excused - unseen)) == ([], [])
