"""Where a worklist finds its cases. Each kind of case is looked for only where this actor may see cases of this kind:
what one flow grants to a role opens nothing of another flow.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor, directory, grants
from huizhen.kernel.flow.language import FLOWS, Each, Flow, Team

ONE_LANE = "(VALUES (1)) AS lane"
CASES = "kernel_case c"
# Somebody's own clocks, each with its case: the first to run out of a case, where they hold several. One who owns the
# case as well finds it among those.
HELD = """kernel_casedeadline d JOIN kernel_case c ON c.id = d.case_id AND c.owner_id IS DISTINCT FROM d.holder_id
       AND d.id = (SELECT first.id FROM kernel_casedeadline first
                    WHERE first.case_id = d.case_id AND first.holder_id = d.holder_id AND first.ended_at IS NULL
                    ORDER BY first.due_at, first.id LIMIT 1)"""
TAKES_PART = """c.id IN (SELECT case_id FROM kernel_participant
                  WHERE account_id = %s AND until IS NULL AND capacity = ANY(%s))"""
OF_KINDS = " AND c.kind = ANY(%s)"


@dataclass(frozen=True)
class Source:
    """Where a list finds cases: its lanes as a table, the table read in each, what holds a row to a lane, the values
    of both, and what an open list is in order of."""

    lanes: str
    lane_values: list[Any]
    holds: str
    values: list[Any]
    table: str = CASES
    key: tuple[str, str] = ("c.due_at", "c.id")


def list_sources(actor: Actor, scope: str, kinds: Collection[str] = ()) -> list[Source]:
    """The sources of a scope (see `queries.list_worklist`), of these kinds of cases or of all.

    Raises:
        ValueError: no such scope.
    """
    flows = [flow for kind, flow in FLOWS.items() if not kinds or kind in kinds]
    if scope == "mine":
        return _mine(actor)
    if scope == "part":
        # Sorted, so that flows with the same capacities are one source.
        parted = _together(flows, lambda flow: sorted(grants[flow.see].participants))
        return [
            Source(ONE_LANE, [], TAKES_PART + OF_KINDS, [actor.account_id, capacities, of]) for capacities, of in parted
        ]
    if scope == "team":
        return [_team_lanes(teams, of) for teams, of in _together(flows, lambda flow: _teams(actor, flow))]
    if scope == "centre":
        return [_team_lanes(teams, of) for teams, of in _together(flows, lambda flow: _centres(actor, flow))]
    if scope == "organisation":
        lanes = "unnest(%s::uuid[]) AS lane (place)"
        return [
            Source(lanes, [places], "c.organisation_id = lane.place" + OF_KINDS, [of])
            for places, of in _together(flows, lambda flow: _overseen(actor, flow))
        ]
    raise ValueError(scope)


def _together(flows: Iterable[Flow], where: Callable[[Flow], list[Any]]) -> list[tuple[list[Any], list[str]]]:
    """What is looked for in the same places is looked for at once: places and kinds; kinds without a place fall out."""
    found: list[tuple[list[Any], list[str]]] = []
    for flow in flows:
        places = where(flow)
        same = next((kinds for known, kinds in found if known == places), None)
        if same is not None:
            same.append(flow.kind)
        elif places:
            found.append((places, [flow.kind]))
    return found


def _mine(actor: Actor) -> list[Source]:
    me = [actor.account_id]
    held = "d.holder_id = %s AND d.ended_at IS NULL"
    return [
        Source(ONE_LANE, [], "c.owner_id = %s", me),
        Source(ONE_LANE, [], held, me, HELD, ("d.due_at", "d.case_id")),
    ]


def _teams(actor: Actor, flow: Flow) -> list[tuple[UUID, str]]:
    """The teams the actor is on that see such cases. A team may see them by its role at the case's organisation."""
    seeing = grants[flow.see].team_roles | grants[flow.see].roles
    return [(m.organisation_id, m.role) for m in actor.memberships if m.role in seeing]


def _centres(actor: Actor, flow: Flow) -> list[tuple[UUID, str]]:
    """All that a team of the actor handles, whoever must act: every value of `team` there can be, so that the index on
    it serves a centre's whole list as well."""
    seeing = grants[flow.see].team_roles
    places = dict.fromkeys(m.organisation_id for m in actor.memberships if m.role in seeing)
    return [(place, holder) for place in places for holder in _holders()]


def _holders() -> list[str]:
    owners = [state.owner for flow in FLOWS.values() for state in flow.states]
    teams = [owner.role for owner in owners if isinstance(owner, Team)]
    each = [f"each:{owner.capacity}" for owner in owners if isinstance(owner, Each)]
    return [*dict.fromkeys(["", *teams, *each])]


def _team_lanes(teams: list[tuple[UUID, str]], kinds: list[str]) -> Source:
    lanes = "unnest(%s::uuid[], %s::text[]) AS lane (place, role)"
    pairs: list[Any] = [[place for place, _role in teams], [role for _place, role in teams]]
    return Source(lanes, pairs, "c.team_organisation_id = lane.place AND c.team = lane.role" + OF_KINDS, [kinds])


def _overseen(actor: Actor, flow: Flow) -> list[UUID]:
    """The organisations over which a role lets the actor see such cases."""
    seeing = grants[flow.see].roles
    seen: dict[UUID, None] = {}
    for membership in actor.memberships:
        if membership.role in seeing:
            seen.update(dict.fromkeys(directory().below(membership.organisation_id)))
    return list(seen)
