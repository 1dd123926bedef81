"""The wall, a message beside what was understood, a changed profile tried and applied, an unknown sender registered."""

import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import staff
from huizhen.kernel import clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.instruments import demo, queries
from huizhen.lab.instruments.models import Instrument, RawMessage, State
from huizhen.people.accounts.tests.people import fresh_cache
from huizhen.people.tests.builders import make_organisation

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_organisation()


@pytest.fixture
def raw(house):
    return demo.load_instruments(house, at=clock.now())


def page(desk, name, *keys):
    return desk.get(reverse(name, args=keys))


def test_the_wall_shows_trouble_first_and_only_to_those_who_watch(house, raw):
    text = page(staff("laboratory", house), "instruments").content.decode()
    places = [text.index(words) for words in ("Cannot be reached", "Silent for too long", "Sends")]
    assert places == sorted(places)
    assert page(staff("operator", house), "instruments").status_code == 200
    assert page(staff("applicant", house), "instruments").status_code == 404
    assert "No instruments yet" in page(staff("laboratory", make_organisation("别处")), "instruments").content.decode()


def test_a_message_stands_beside_what_was_understood_and_the_look_is_noted(house, raw):
    desk = staff("laboratory", house)
    text = page(desk, "instrument-message", raw.id).content.decode()
    assert "POOL-0001" in text
    assert "Negative" in text
    assert "OUL^R22" in text
    assert AuditEntry.objects.filter(action="lab.instruments.message_read", subject_id=raw.id).count() == 1
    assert page(staff("operator", house), "instrument-message", raw.id).status_code == 403
    assert page(staff("laboratory", make_organisation("别处")), "instrument-message", raw.id).status_code == 404
    assert page(desk, "instrument", raw.instrument_id).status_code == 200


def test_a_changed_profile_is_tried_before_it_is_used(house, raw):
    desk, where = staff("laboratory", house), reverse("instrument-profile", args=[raw.instrument_id])
    text = queries.next_profile_text("roche-cobas-6800").replace('"OBX-8"]', '"OBX-11"]')
    tried = desk.post(where, {"text": text, "preview": "yes"}).content.decode()
    assert "<del>Negative" in tried
    assert "Put it into use" in tried
    assert desk.post(where, {"text": "[", "preview": "yes"}).status_code == 400
    assert queries.get_profile("roche-cobas-6800").version == 1
    assert desk.post(where, {"text": text, "apply": "yes"}).status_code == 302
    assert queries.get_profile("roche-cobas-6800").version == 2
    desk.post(reverse("instrument-read-again", args=[raw.instrument_id]))
    assert RawMessage.objects.get(id=raw.id).state == State.KEPT


def test_an_unknown_sender_becomes_an_instrument_and_its_messages_come_along(house, raw):
    desk = staff("laboratory", house)
    assert "192.0.2.40 NEWPCR LAB" in page(desk, "instrument-strangers").content.decode()
    where = reverse("instrument-new") + "?sender=192.0.2.40+NEWPCR+LAB"
    form = {
        "name": "新仪器",
        "organisation_id": house.id,
        "profile": "hl7",
        "link": "calls",
        "address": "192.0.2.40",
        "identity": "NEWPCR",
        "is_active": "on",
    }
    assert desk.post(where, {**form, "address": "", "identity": ""}).status_code == 400
    assert desk.post(where, form).status_code == 302
    new = Instrument.objects.get(name="新仪器")
    assert RawMessage.objects.get(instrument=new).state == State.KEPT
    assert desk.post(reverse("instrument-change", args=[new.id]), {**form, "name": "荧光 PCR 仪 1"}).status_code == 400
