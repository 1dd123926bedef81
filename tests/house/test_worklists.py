"""Every role × every list × every kind of case: a list shows exactly what its reader may see by that flow's own grant."""

from typing import Any

import pytest
import time_machine

from huizhen.consult.joint.tests.builders import MONDAY
from huizhen.kernel.access import Actor, grants
from huizhen.kernel.flow.models import Case, CaseDeadline, Participant
from huizhen.kernel.flow.queries import Filters, find_worklist
from tests.house.flow_worlds import WORLDS
from tests.house.test_flow_moves import FLOWS, list_everybody

SCOPES = ("mine", "team", "centre", "organisation", "part")
# A state in which as many as possible have to do with the case; else the first.
STATES = {"consult.joint": "reviewing", "consult.referral": "sent", "example.errand": "running"}
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _signing(signing):
    """Opinions are signed on the way."""


@pytest.mark.parametrize("kind", list(FLOWS))
def test_lists(kind):
    with time_machine.travel(MONDAY, tick=False) as travel:
        world = WORLDS[kind](STATES.get(kind, FLOWS[kind].start), travel)
        case = Case.objects.get(id=world.case_id)
        people = dict(list_everybody(world, FLOWS[kind]))
        del people["system"]
        found, expected = {}, {}
        for who, actor in people.items():
            for scope in SCOPES:
                for asked in (*FLOWS, ""):
                    kinds = (asked,) if asked else ()
                    key = (who, scope, asked or "all")
                    found[key] = case.id in find_worklist(actor, scope, Filters(kinds=kinds)).case_ids
                    expected[key] = asked in ("", kind) and is_listed(case, actor, scope)
        assert {key: shown for key, shown in found.items() if shown != expected[key]} == {}
        assert any(found.values()), "somebody finds the case"


def is_listed(case: Case, actor: Actor, scope: str) -> bool:
    """Whether the case belongs into this list, reckoned here from its rows and its own flow's grant."""
    grant, teams = grants[FLOWS[case.kind].see], [(m.organisation_id, m.role) for m in actor.memberships]
    rows: dict[str, Any] = {"case": case, "account_id": actor.account_id, "until": None}
    if scope == "mine":
        held = CaseDeadline.objects.filter(case=case, holder_id=actor.account_id, ended_at=None)
        return case.owner_id == actor.account_id or held.exists()
    if scope == "part":
        return Participant.objects.filter(**rows, capacity__in=grant.participants).exists()
    if scope == "team":
        return (case.team_organisation_id, case.team) in teams and case.team in grant.team_roles | grant.roles
    if scope == "centre":
        return any(place == case.team_organisation_id and role in grant.team_roles for place, role in teams)
    above = {case.organisation_id, case.team_organisation_id}  # in these worlds the centre stands above home
    return any(place in above and role in grant.roles for place, role in teams)
