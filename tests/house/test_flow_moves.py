"""Every flow × every state × every move × everybody: allowed exactly where the table says so, else nothing changes."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from huizhen.config.guide.pages import product_flows
from huizhen.consult.joint.tests.builders import MONDAY
from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM, Actor, NotAllowed, grants
from huizhen.kernel.flow.door import WrongState, move
from huizhen.kernel.flow.language import SYSTEM_ONLY, Flow, Move, Refused
from huizhen.kernel.flow.models import Case, CaseDeadline, CaseEvent, Participant
from huizhen.people.accounts.queries import get_actor
from huizhen.people.organisations.models import Role
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from tests.example.flow import ERRAND
from tests.house.flow_worlds import DATA, FURTHER, WORLDS, World

FLOWS: dict[str, Flow] = {flow.kind: flow for flow in (*product_flows(), ERRAND)}
STATES = [(flow.kind, state.code) for flow in FLOWS.values() for state in flow.states] + FURTHER
ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)  # one person holds one of them only
made: dict[str, set[str]] = defaultdict(set)
walked: set[tuple[str, str]] = set()


class Undo(Exception):
    """Takes a move that was let through back again."""


@pytest.fixture(scope="module", autouse=True)
def _signing(signing):
    """Delivered reports are signed."""


def test_every_flow_and_state_has_a_world():
    assert sorted(FLOWS) == sorted(WORLDS)


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "state"), STATES)
def test_moves(kind, state):
    flow = FLOWS[kind]
    with time_machine.travel(MONDAY, tick=False) as travel:
        world = WORLDS[kind](state, travel)
        case = Case.objects.get(id=world.case_id)
        assert case.state == state.partition(":")[0]
        everybody = dict(list_everybody(world, flow))
        before = snapshot(case)
        found, expected = {}, {}
        for who, actor in everybody.items():
            for tried in flow.moves:
                found[who, tried.name] = attempt(case, tried, actor)
                expected[who, tried.name] = expect(case, tried, actor)
        assert {key: (found[key], expected[key]) for key in found if found[key] not in expected[key]} == {}
        assert snapshot(case) == before, "a refused move left something behind"
    walked.add((kind, state))
    made[kind] |= {name for (_, name), outcome in found.items() if outcome == "made"}


def test_each_move_was_let_through_somewhere():
    if len(walked) < len(STATES):
        pytest.skip("the walk through all states ran in another process")
    missing = {kind: {m.name for m in flow.moves} - made[kind] for kind, flow in FLOWS.items()}
    assert not any(missing.values()), missing


def list_everybody(world: World, flow: Flow) -> Iterator[tuple[str, Actor]]:
    """The system, a stranger, everybody on the case, and each role at the centre, at home and elsewhere."""
    yield "system", SYSTEM
    elsewhere, stranger = make_organisation(), make_account("路人")
    for role in (*(role for role in Role if role not in ADMINISTRATORS), Role.SYSTEM_ADMIN):
        make_member(role, elsewhere, account=stranger)
    yield "everything elsewhere", get_actor(stranger)
    for account in world.people:
        capacities = Participant.objects.filter(case_id=world.case_id, account=account, until=None)
        yield f"{account.name} ({', '.join(sorted(p.capacity for p in capacities))})", get_actor(account)
    for place, organisation in (("centre", world.centre), ("home", world.home)):
        for role in Role.values:
            yield f"{role} at {place}", get_actor(make_member(role, organisation).account)


def attempt(case: Case, tried: Move, actor: Actor) -> str:
    """Make the move and take it back; says how it went."""
    try:
        with transaction.atomic():
            after = move(case.id, tried.name, actor=actor, at=clock.now(), data=data_of(tried), reason="有原因")
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            told = CaseEvent.objects.get(case=case, number=after.version)
            assert (told.from_state, told.to_state) == (case.state, tried.to or case.state)
            assert Case.objects.get(id=case.id).state == (tried.to or case.state)
            raise Undo
    except Undo:
        return "made"
    except (WrongState, NotAllowed, Refused) as refusal:
        return next(kind.__name__ for kind in (WrongState, NotAllowed, Refused) if isinstance(refusal, kind))


def expect(case: Case, tried: Move, actor: Actor) -> set[str]:
    """What the table says; a guard may refuse what the table allows."""
    if not is_granted(case, tried, actor):
        return {"NotAllowed"}
    if case.state not in tried.sources:
        return {"WrongState"}
    return {"made", "Refused"} if tried.guard else {"made"}


def is_granted(case: Case, tried: Move, actor: Actor) -> bool:
    """Whether the grant names the actor: reckoned here from the rows, apart from the kernel's own reckoning."""
    if actor.is_system or tried.may == SYSTEM_ONLY:
        return actor.is_system
    grant = grants[tried.may]
    rows = Participant.objects.filter(case=case, account=actor.account_id, until__isnull=True)
    if grant.participants & set(rows.values_list("capacity", flat=True)):
        return True
    above = {case.organisation_id, case.team_organisation_id}  # in these worlds the centre stands above home
    return any(
        (m.role in grant.team_roles and m.organisation_id == case.team_organisation_id)
        or (m.role in grant.roles and m.organisation_id in above)
        for m in actor.memberships
    )


def data_of(tried: Move) -> dict[str, Any]:
    """What the move needs, and the figures that guards look at."""
    return {key: DATA[key] for key in {*tried.needs, "price"}}


def snapshot(case: Case) -> list[Any]:
    """Everything a move may touch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(id) FROM procrastinate_jobs")
        jobs = cursor.fetchone()
    return [
        Case.objects.filter(id=case.id).values().get(),
        CaseEvent.objects.filter(case=case).count(),
        sorted(CaseDeadline.objects.filter(case=case).values_list(), key=str),
        sorted(Participant.objects.filter(case=case).values_list(), key=str),
        jobs,
    ]
