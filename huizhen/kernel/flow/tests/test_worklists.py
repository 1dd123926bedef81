from datetime import timedelta

from huizhen.kernel.flow.acts import end_clock, set_clock
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.queries import list_state_clocks, list_worklist

from .conftest import MONDAY


def walk(actor, scope, limit):
    """A list read to its end, page by page."""
    found, after = [], ""
    while True:
        page = list_worklist(actor, scope, after=after, limit=limit)
        found += [case.id for case in page.cases]
        if not (after := page.after):
            return found


def running(world, at=MONDAY):
    """An errand at which each helper must act."""
    case = world.open(at)
    move(case.id, "start", actor=world.running, at=at, data={"price": 1})
    return case


def test_mine_is_in_order_of_my_own_deadlines(world):
    helper = world.helpers[0]
    me = world.actor(helper)
    cases = [running(world, MONDAY + timedelta(minutes=number)) for number in range(5)]
    invited = world.open()
    set_clock(invited.id, "invitation:1", at=MONDAY - timedelta(days=2), holder_id=helper.id)
    expected = [invited.id, *(case.id for case in cases)]
    assert walk(me, "mine", 20) == walk(me, "mine", 2) == expected
    shown = list_state_clocks([invited.id], holder_id=helper.id)[invited.id]
    assert shown.name == "invitation:1"
    assert list_state_clocks([invited.id])[invited.id].name == "state"


def test_a_case_with_several_clocks_of_mine_stands_once(world):
    helper = world.helpers[0]
    me = world.actor(helper)
    first, second = running(world), running(world, MONDAY + timedelta(minutes=1))
    set_clock(second.id, "invitation:1", at=MONDAY - timedelta(days=2), holder_id=helper.id)
    assert walk(me, "mine", 1) == [second.id, first.id]
    end_clock(second.id, "invitation:1", at=MONDAY)
    assert walk(me, "mine", 1) == [first.id, second.id]


def test_who_owns_a_case_and_holds_a_clock_of_it_sees_it_once(world):
    case = world.open()
    move(case.id, "ask", actor=world.running, at=MONDAY, data={"missing": ["ct"]})
    set_clock(case.id, "invitation:1", at=MONDAY, holder_id=world.applicant.id)
    assert walk(world.asking, "mine", 1) == [case.id]
