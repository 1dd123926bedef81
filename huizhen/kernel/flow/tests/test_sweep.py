from datetime import timedelta

from bench.counting import Statements
from huizhen.kernel.calendar import hours
from huizhen.kernel.flow.acts import end_clock, extend, join, leave, set_clock, set_urgency
from huizhen.kernel.flow.clocks import personal
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.flow.queries import Filters, list_worklist
from huizhen.kernel.flow.sweep import LATER, sweep, sweep_all

from .conftest import MONDAY


def kinds(case):
    return list(CaseEvent.objects.filter(case=case).order_by("number").values_list("kind", flat=True))


def test_nothing_due_is_nothing_done(world):
    world.open()
    assert sweep(MONDAY + timedelta(hours=1)) == 0


def test_a_late_case_is_marked_and_told_once(world):
    case = world.open()
    at = MONDAY + timedelta(hours=2, minutes=1)
    assert sweep(at) == 1
    assert sweep(at) == 0
    case.refresh_from_db()
    assert case.late_since == MONDAY + timedelta(hours=2)
    assert kinds(case) == ["example.errand.opened", "example.errand.late"]


def test_three_reminders_and_then_withdrawn(world):
    case = world.open()
    move(case.id, "ask", actor=world.running, at=MONDAY, data={"missing": ["ct"]})
    at = MONDAY + timedelta(hours=73)
    for _round in range(4):
        assert sweep_all(at) == 1
        at += timedelta(hours=25)
    case.refresh_from_db()
    assert case.state == "withdrawn"
    assert kinds(case)[2:] == ["example.errand.reminded"] * 3 + ["example.errand.withdraw"]


def test_confirmed_by_itself_after_two_days(world):
    case = world.open()
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    move(case.id, "finish", actor=world.actor(world.helpers[0]), at=MONDAY)
    assert sweep_all(MONDAY + timedelta(hours=49)) == 1
    assert Case.objects.get(id=case.id).state == "closed"


def test_each_person_is_late_alone(world):
    case = world.open()
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    assert sweep_all(MONDAY + timedelta(days=1, minutes=1)) == 2
    late = CaseEvent.objects.filter(case=case, kind="example.errand.late")
    assert {event.data["clock"].split(":")[0] for event in late} == {"state"}


def test_an_invitation_lapses_by_a_move_of_the_system(world):
    case = world.open()
    set_clock(case.id, "invitation:17", at=MONDAY, holder_id=world.helpers[0].id)
    set_clock(case.id, "invitation:17", at=MONDAY + timedelta(hours=1))
    sweep_all(MONDAY + timedelta(hours=9))
    lapsed = CaseEvent.objects.get(case=case, kind="example.errand.lapse")
    assert lapsed.data == {"clock": "invitation:17"}
    assert lapsed.actor is None


def test_a_moved_deadline_is_not_late_before_its_new_time(world):
    case = world.open()
    until = MONDAY + timedelta(hours=6)
    extend(case.id, until=until, reason="专家临时有紧急手术", actor=world.running, at=MONDAY)
    assert sweep(MONDAY + timedelta(hours=3)) == 0
    assert sweep(until) == 1
    event = CaseEvent.objects.get(case=case, kind="example.errand.extended")
    assert event.reason == "专家临时有紧急手术"


def test_urgent_measures_from_the_start(world):
    case = world.open()
    set_urgency(case.id, "urgent", actor=world.running, at=MONDAY + timedelta(minutes=5), reason="病情加重")
    case.refresh_from_db()
    assert case.due_at == MONDAY + timedelta(minutes=15)
    assert CaseDeadline.objects.get(case=case, name="done").due_at == MONDAY + timedelta(hours=8)


def test_a_clock_with_a_length_of_its_own_keeps_it_when_the_case_is_hurried(world):
    case = world.open()
    own = set_clock(case.id, "invitation:1", at=MONDAY, length=hours(30))
    measured = set_clock(case.id, "invitation:2", at=MONDAY)
    for urgency in ("urgent", "normal"):
        set_urgency(case.id, urgency, actor=world.running, at=MONDAY + timedelta(minutes=5), reason="病情加重")
        assert CaseDeadline.objects.get(id=own.id).due_at == own.due_at
    assert CaseDeadline.objects.get(id=measured.id).due_at == measured.due_at


def test_many_cases_in_one_pass(world):
    cases = [world.open() for _number in range(30)]
    assert sweep(MONDAY + timedelta(hours=3)) == 30
    assert Case.objects.filter(id__in=[c.id for c in cases], late_since__isnull=False).count() == 30


def test_a_bad_case_holds_up_no_other(world):
    cases = [world.open() for _number in range(20)]
    at = MONDAY + timedelta(hours=3)
    # One of a flow that this program does not have, one whose next line of the timeline is taken: the first fails in
    # Python, the second in the database when everything else is decided.
    Case.objects.filter(id=cases[3].id).update(kind="example.gone")
    CaseEvent.objects.create(case=cases[11], number=2, at=at, kind="example.errand.noted", to_state="placed")
    bad = {cases[3].id, cases[11].id}
    assert sweep_all(at) == 18
    assert set(Case.objects.filter(late_since__isnull=True).values_list("id", flat=True)) == bad
    assert CaseDeadline.objects.filter(sweep_at__lte=at).count() == 0, "looked at again later"
    assert set(CaseDeadline.objects.filter(sweep_at=at + LATER).values_list("case_id", flat=True)) == bad


def test_a_whole_batch_takes_few_statements(world):
    for _number in range(40):
        case = world.open()
        move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
        move(case.id, "finish", actor=world.actor(world.helpers[0]), at=MONDAY)
    with Statements() as statements:
        assert sweep(MONDAY + timedelta(hours=49)) == 40
    assert len(statements) <= 12
    assert Participant.objects.filter(capacity="helper", until__isnull=True).count() == 0


def test_a_case_is_late_while_any_of_its_clocks_is(world):
    case = world.open()
    at = MONDAY + timedelta(hours=49)
    sweep_all(at)
    move(case.id, "ask", actor=world.running, at=at, data={"missing": ["ct"]})
    assert Case.objects.get(id=case.id).late_since == MONDAY + timedelta(hours=48), "the step is new, the whole is late"
    listed = list_worklist(world.running, "centre", Filters(late=True))
    assert [found.id for found in listed.cases] == [case.id]
    extend(case.id, until=at + timedelta(hours=9), reason="等申请人说明", actor=world.running, at=at, deadline="done")
    assert Case.objects.get(id=case.id).late_since is None


def test_a_case_is_late_no_more_when_the_one_who_was_late_has_done_it(world):
    case = world.open()
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    at = MONDAY + timedelta(days=1, minutes=1)
    sweep_all(at)
    assert Case.objects.get(id=case.id).late_since is not None
    for helper in world.helpers:
        end_clock(case.id, personal(helper.id), at=at)
    assert Case.objects.get(id=case.id).late_since is None


def test_a_late_case_that_is_calmed_is_late_again_when_its_new_time_is_over(world):
    case = world.open(urgency="urgent")
    sweep_all(MONDAY + timedelta(minutes=16))
    set_urgency(case.id, "normal", actor=world.running, at=MONDAY + timedelta(minutes=20), reason="病情稳定")
    assert Case.objects.get(id=case.id).late_since is None
    assert sweep_all(MONDAY + timedelta(hours=2, minutes=1)) == 1
    assert kinds(case)[-1] == "example.errand.late"
    assert Case.objects.get(id=case.id).late_since == MONDAY + timedelta(hours=2)


def test_who_leaves_in_one_capacity_is_still_reminded_in_the_other(world):
    case, both = world.open(), world.helpers[0]
    join(case.id, both.id, "applicant", actor=world.running, at=MONDAY)
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    leave(case.id, both.id, "applicant", actor=world.running, at=MONDAY)
    assert [found.id for found in list_worklist(world.actor(both), "mine").cases] == [case.id]
    assert sweep_all(MONDAY + timedelta(days=1, minutes=1)) == 2


def test_who_leaves_altogether_holds_no_clock(world):
    case, helper = world.open(), world.helpers[0]
    set_clock(case.id, "invitation:17", at=MONDAY, holder_id=helper.id)
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    leave(case.id, helper.id, "helper", actor=world.running, at=MONDAY)
    assert not CaseDeadline.objects.filter(case=case, holder=helper, ended_at__isnull=True).exists()
    assert CaseDeadline.objects.filter(case=case, holder=world.helpers[1], ended_at__isnull=True).count() == 1


def test_who_need_no_longer_act_is_no_longer_late_for_it(world):
    case, both = world.open(), world.helpers[0]
    join(case.id, both.id, "applicant", actor=world.running, at=MONDAY)
    move(case.id, "start", actor=world.running, at=MONDAY, data={"price": 1})
    leave(case.id, both.id, "helper", actor=world.running, at=MONDAY)
    assert not CaseDeadline.objects.filter(case=case, holder=both, ended_at__isnull=True).exists()
