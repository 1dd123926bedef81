from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.door import NeedsMissing, Stale, WrongState, move
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.ids import new_id, read_number

from .conftest import MONDAY

LATER = MONDAY + timedelta(minutes=10)


def clock(case, name):
    return CaseDeadline.objects.filter(case=case, name=name).latest("started_at")


def test_an_opened_case_has_owner_deadline_timeline_and_a_readable_number(world):
    case = Case.objects.get(id=world.open().id)
    assert (case.state, case.team, case.owner_id) == ("placed", "coordinator", None)
    assert case.due_at == MONDAY + timedelta(hours=2)
    assert read_number(case.number.lower().replace("-", " ")) == case.number
    [event] = case.events.all()
    assert (event.kind, event.number, event.to_state) == ("example.errand.opened", 1, "placed")
    assert clock(case, "done").due_at == MONDAY + timedelta(hours=48)


def test_a_move_changes_owner_deadline_and_timeline_together(world):
    case = world.open()
    moved = move(case.id, "ask", actor=world.running, at=LATER, data={"missing": ["ct"]})
    moved.refresh_from_db()
    assert (moved.state, moved.owner_id, moved.team, moved.version) == ("unclear", world.applicant.id, "", 2)
    assert moved.due_at == LATER + timedelta(hours=72)
    assert clock(case, "state").ended_at is None
    assert CaseDeadline.objects.get(case=case, name="state", ended_at__isnull=False).met is True
    event = CaseEvent.objects.get(case=case, number=2)
    assert (event.from_state, event.to_state, event.actor_id) == ("placed", "unclear", world.coordinator.id)


def test_waiting_for_the_applicant_pauses_the_whole_clock(world):
    case = world.open()
    move(case.id, "ask", actor=world.running, at=LATER, data={"missing": ["ct"]})
    paused = clock(case, "done")
    assert paused.paused_at == LATER
    assert paused.sweep_at is None
    move(case.id, "answer", actor=world.asking, at=LATER + timedelta(hours=5))
    resumed = clock(case, "done")
    assert resumed.due_at == MONDAY + timedelta(hours=53)
    assert [entry["what"] for entry in resumed.account] == ["start", "pause", "resume"]


def test_where_each_must_act_everybody_has_a_clock(world):
    case = world.open()
    move(case.id, "start", actor=world.running, at=LATER, data={"price": 100})
    holders = CaseDeadline.objects.filter(case=case, holder__isnull=False).values_list("holder_id", flat=True)
    assert set(holders) == {helper.id for helper in world.helpers}
    assert Case.objects.get(id=case.id).team == "each:helper"


def test_an_end_closes_clocks_and_ends_the_part_of_outsiders(world):
    case = world.open()
    move(case.id, "withdraw", actor=world.asking, at=LATER)
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.due_at) == ("withdrawn", LATER, None)
    assert not CaseDeadline.objects.filter(case=case, ended_at__isnull=True).exists()
    assert set(Participant.objects.filter(case=case, until=LATER).values_list("capacity", flat=True)) == {"helper"}


@pytest.mark.parametrize(
    ("name", "who", "data", "refusal"),
    [
        ("answer", "asking", {}, WrongState),
        ("ask", "asking", {"missing": ["ct"]}, NotAllowed),
        ("ask", "running", {}, NeedsMissing),
        ("start", "running", {"price": 200_00}, Refused),
        ("lapse", "running", {}, NotAllowed),
    ],
)
def test_a_refused_move_changes_nothing(world, name, who, data, refusal):
    case = world.open()
    with pytest.raises(refusal):
        move(case.id, name, actor=getattr(world, who), at=LATER, data=data)
    case.refresh_from_db()
    assert (case.state, case.version, case.events.count()) == ("placed", 1, 1)


def test_an_old_page_is_told_so(world):
    case = world.open()
    move(case.id, "ask", actor=world.running, at=LATER, data={"missing": ["ct"]}, version=1)
    with pytest.raises(Stale):
        move(case.id, "answer", actor=world.asking, at=LATER, version=1)


def test_no_such_case(world):
    with pytest.raises(NotVisible):
        move(new_id(), "ask", actor=world.running, at=LATER)


@pytest.mark.parametrize(("change", "words"), [({}, "without"), ({"version": 2}, "timeline entry")])
def test_the_database_refuses_a_state_change_beside_the_door(world, change, words):
    case = world.open()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        Case.objects.filter(id=case.id).update(state="running", **change)


def test_the_timeline_cannot_be_rewritten(world):
    case = world.open()
    for change in (lambda e: e.update(kind="other"), lambda e: e.delete()):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic():
            change(CaseEvent.objects.filter(case=case))
