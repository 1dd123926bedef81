"""The wall, a message beside what was understood, a changed profile tried and applied, an unknown sender registered."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from huizhen.console.lab.instruments import wall
from huizhen.console.records.tests.desk import staff
from huizhen.kernel import clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.instruments import actions, demo, in_use, queries
from huizhen.lab.instruments.models import Instrument, InstrumentHour, OrderDownload, RawMessage, State
from huizhen.lab.instruments.received import Noted, Received
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
    text = in_use.next_text(raw.instrument).replace('"OBX-8"]', '"OBX-11"]')
    tried = desk.post(where, {"text": text, "preview": "yes"}).content.decode()
    assert "<del>Negative" in tried
    assert "Put it into use" in tried
    assert desk.post(where, {"text": "[", "preview": "yes"}).status_code == 400
    assert in_use.get_profile(raw.instrument).version == 1
    seen = re.search(r'name="seen" value="([^"]+)"', tried)[1]
    never, edited = ({"text": text, "apply": "yes"}, {"text": f"{text}# more\n", "seen": seen, "apply": "yes"})
    for other in (never, edited):
        refused = desk.post(where, other)
        assert (refused.status_code, "not what was shown" in refused.content.decode()) == (400, True)
        assert "<del>Negative" in refused.content.decode(), "what would change is shown at once"
    assert in_use.get_profile(raw.instrument).version == 1
    assert desk.post(where, {"text": text, "seen": seen, "apply": "yes"}).status_code == 302
    assert in_use.get_profile(raw.instrument).version == 2
    desk.post(reverse("instrument-read-again", args=[raw.instrument_id]))
    assert RawMessage.objects.get(id=raw.id).state == State.KEPT


def text_in(shown):
    """The profile's text on its page."""
    return html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.S)[1])


def put_into_use(desk, instrument, **given):
    """Change where a value stands, as somebody does at the page: look, then put it into use."""
    where = reverse("instrument-profile", args=[instrument.id])
    shown = desk.get(where).content.decode()
    text = text_in(shown).replace('"OBX-8"]', '"OBX-11"]')
    tried = desk.post(where, {"text": text, "preview": "yes", **given})
    if tried.status_code != 200:
        return tried
    seen = re.search(r'name="seen" value="([^"]+)"', tried.content.decode())[1]
    return desk.post(where, {"text": text, "seen": seen, "apply": "yes", **given})


def test_a_version_of_one_hospital_is_nothing_to_the_other(house, raw):
    other = make_organisation("别处")
    theirs = Instrument.objects.create(organisation=other, name="PCR", profile="roche-cobas-6800", identity="THEIRS")
    here, there = staff("laboratory", house), staff("laboratory", other)
    before = page(there, "instrument-profile", theirs.id).content.decode()
    assert "comes with the product" in before
    for place in (other.id, "nonsense", uuid4()):
        assert put_into_use(here, raw.instrument, organisation=place).status_code == 404
    assert page(here, "instrument-profile", theirs.id).status_code == 404
    assert put_into_use(here, raw.instrument).status_code == 302
    mine = page(here, "instrument-profile", raw.instrument_id).content.decode()
    assert ("comes with the product" in mine, f"roche-cobas-6800@2 · {house.name}" in mine) == (False, True)
    after = page(there, "instrument-profile", theirs.id).content.decode()
    assert (text_in(after), house.name in after) == (text_in(before), False)
    assert "roche-cobas-6800@1" in after
    shown = page(here, "instrument-message", raw.id).content.decode()
    assert f"roche-cobas-6800@2 · {house.name}" in shown


def test_who_looks_after_several_says_for_whom_a_version_holds(raw, house):
    group = make_organisation("医联体", kind="group")
    house.parent = group
    house.save()
    Instrument.objects.create(
        organisation=make_organisation("乙医院", parent=group), name="PCR", profile="roche-cobas-6800", identity="B"
    )
    lead, mine = staff("laboratory", group), staff("laboratory", house)
    choices = page(lead, "instrument-profile", raw.instrument_id).content.decode()
    assert f"{house.name} (1 instrument)" in choices
    assert "医联体 (2 instruments)" in choices
    assert "医联体" not in page(mine, "instrument-profile", raw.instrument_id).content.decode()
    assert put_into_use(mine, raw.instrument, organisation=group.id).status_code == 404
    assert put_into_use(lead, raw.instrument, organisation=group.id).status_code == 302
    inherited = page(mine, "instrument-profile", raw.instrument_id).content.decode()
    assert "This version belongs to 医联体" in inherited
    assert put_into_use(mine, raw.instrument).status_code == 302
    assert in_use.get_profile(raw.instrument).owner == house.id
    assert "医联体 (" not in page(lead, "instrument-profile", raw.instrument_id).content.decode()
    where = reverse("instrument-profile", args=[raw.instrument_id])
    late = lead.post(where, {"text": "x", "seen": "x", "apply": "yes", "organisation": group.id})
    assert late.status_code == 400


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


NOON = datetime(2026, 5, 4, 4, 30, tzinfo=UTC)  # Monday, 12:30 in China
HOUR = timedelta(hours=1)


def stand(house, name, *, habit=0, today=(), **given):
    """An instrument with so many messages in each working hour of the last weeks, and so many in those of today."""
    one = Instrument.objects.create(organisation=house, name=name, profile="hl7", identity=name, **given)
    this = queries.hour_of(NOON)
    hours = {this - back * HOUR: habit for back in range(5, 21 * 24) if (this - back * HOUR).weekday() < 5}
    hours |= {this - back * HOUR: number for back, number in enumerate(today)}
    InstrumentHour.objects.bulk_create(
        InstrumentHour(instrument=one, hour=hour, messages=number) for hour, number in hours.items() if number
    )
    return one


def say(one, at, *problems):
    """A message that it sent, understood with these problems."""
    content = f"{one.name} {at}".encode()
    kept = actions.keep_messages([Received(str(one.id), one.id, "hl7", "10.0.0.7:1", content, at, State.KEPT)], at=at)
    actions.note_understood([Noted(kept[0].id, 1, problems, "hl7@2", is_set_aside=bool(problems))], at=at)


@translation.override("en")
def test_every_figure_of_the_wall(house):
    """Five instruments whose past is known to the message; what is usual is counted by hand beside it."""
    busy = stand(house, "busy", habit=20, today=(7, 18, 22))
    for minutes in (50, 20, 5):
        say(busy, NOON - timedelta(minutes=minutes))
    wrong = stand(house, "wrong", habit=20, today=(3,))
    say(wrong, NOON - timedelta(minutes=40), "no_results")
    say(wrong, NOON - timedelta(minutes=9), "no_specimen")
    say(wrong, NOON - timedelta(minutes=2))
    silent = stand(house, "silent", habit=20)
    say(silent, NOON - 3 * HOUR)
    Instrument.objects.filter(id=silent.id).update(silent_since=NOON - 3 * HOUR)
    stand(house, "away", link="called", address="10.0.0.8:1", link_state="failing", link_since=NOON - 2 * HOUR)
    stand(house, "new")
    stand(house, "old", habit=20, is_active=False)
    with CaptureQueriesContext(connection) as asked:
        rows = {one["name"]: one for one in wall.list_rows(list(queries.instruments_of([house.id])), NOON)}
    assert len(asked) <= 5  # however many instruments there are
    assert list(rows) == ["away", "silent", "wrong", "busy", "new", "old"]
    told = {name: (one["state"], one["hour"], one["usual"], one["day"], one["problems"]) for name, one in rows.items()}
    # State, this hour, usual by now (half of an hour's twenty), 24 hours (before today was a Sunday), with problems.
    assert told["away"] == ("Cannot be reached", 0, None, 0, 0)
    assert told["silent"] == ("Silent for too long", 0, 10, 1, 0)
    assert told["wrong"] == ("Has problems", 5, 10, 6, 2)
    assert told["busy"] == ("Sends", 9, 10, 50, 0)
    assert told["new"] == ("Never heard yet", 0, None, 0, 0)
    assert told["old"] == ("Out of use", 0, None, 0, 0)
    assert [rows[name]["since"] for name in ("away", "silent", "busy")] == [NOON - 2 * HOUR, NOON - 3 * HOUR, None]
    assert (rows["silent"]["missing"], rows["away"]["missing"]) == (60, 0)
    assert rows["silent"]["last_at"] == NOON - 3 * HOUR
    assert str(rows["wrong"]["wrong"]).startswith("A result names no specimen")
    assert [bool(one["todo"]) for one in rows.values()] == [True, True, True, False, True, False]
    with time_machine.travel(NOON, tick=False):
        text = page(staff("laboratory", house), "instruments").content.decode()
    for words in ("3 hours", "60 messages would have been usual", "usually 10 by now", "Is it switched on"):
        assert words in text, words


def test_orders_that_were_not_taken_and_a_port_that_is_closed_are_said_where_people_look(house, raw):
    given = {"instrument_id": raw.instrument_id, "orders": [], "asked_at": clock.now(), "tried_at": clock.now()}
    first = OrderDownload.objects.create(specimen="T-7001", state="failed", digest=b"1", **given)
    OrderDownload.objects.create(specimen="T-7001", state="failed", digest=b"1", cancels=first, **given)
    OrderDownload.objects.create(specimen="T-7002", state="sent", digest=b"2", **given)
    text = page(staff("laboratory", house), "instrument", raw.instrument_id).content.decode()
    assert ("T-7001 · orders not taken" in text, "T-7001 · calling off not taken" in text) == (True, True)
    assert "T-7002" not in text
    assert "T-7001" not in page(staff("operator", house), "instrument", raw.instrument_id).content.decode()
    Instrument.objects.filter(id=raw.instrument_id).update(link="calls", link_state="failing")
    assert "Its port cannot be opened here" in page(staff("laboratory", house), "instruments").content.decode()
