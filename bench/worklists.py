"""Worklist pages: how many statements, and whether they stay as fast when there is a hundred times more."""

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.paginator import Paginator

from bench import inside
from bench.counting import Statements
from bench.figures import Figures, seconds
from bench.ground import Ground
from bench.people import get_account
from huizhen.consult.joint.sheets import list_sheets
from huizhen.kernel.access import Actor
from huizhen.kernel.flow.models import OPEN, Case
from huizhen.kernel.flow.queries import Filters, find_worklist, list_worklist, write_cursor
from huizhen.people.accounts.queries import get_actor

# The list, and who asks: the centre's coordinator, a hospital's head, a region's head, a busy expert.
READERS = {
    "team": ("team", "coordinator-r0-0"),
    "organisation": ("organisation", "department-head-r0h0-0"),
    "region": ("organisation", "department-head-r0-0"),
    "mine": ("mine", "expert-r0h0-0"),
}
PER_PAGE = 20
DEEP_PAGE = 200
TIMES, TURNS = 40, 4


def by_turns(ground: Ground, small: int, large: int) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds of each list with its rows in both databases: asked by turns, so that noise meets both alike, and
    of each the quietest turn. The large database is in use afterwards."""
    turns = [{size: _times(ground, size) for size in (small, large)} for _turn in range(TURNS)]
    quietest = [{name: min(turn[size][name] for turn in turns) for name in READERS} for size in (small, large)]
    return quietest[0], quietest[1]


def _times(ground: Ground, size: int) -> dict[str, float]:
    ground.use(size)
    return {name: middle(_page(get_actor(get_account(user)), scope)) for name, (scope, user) in READERS.items()}


def measure(figures: Figures, times: tuple[dict[str, float], dict[str, float]]) -> None:
    """Compare the two sizes, count statements, and page as one usually does."""
    small, large = times
    for name, (scope, user) in READERS.items():
        token = inside.log_in(user)
        queries = count_statements(partial(inside.read, f"/api/v1/consult/joint?scope={scope}&limit={PER_PAGE}", token))
        figures.add(f"worklist_{name}_queries", f"worklist “{name}”: statements of a request", queries, "", most=8)
        figures.add(f"worklist_{name}_ms", f"worklist “{name}”: 20 rows", large[name], "ms")
        growth = large[name] / small[name]
        figures.add(
            f"worklist_{name}_growth", "… as a multiple of its time in the small database", growth, "×", most=1.5
        )
    _beside_offsets(figures)


def middle(act: Callable[[], Any]) -> float:
    """Milliseconds, the middle of many."""
    act()
    return statistics.median(seconds(act) for _ in range(TIMES)) * 1000


def count_statements(act: Callable[[], Any]) -> int:
    """How many statements reach the database, those that go past Django's cursor included."""
    act()
    with Statements() as counted:
        act()
    return len(counted)


def _page(actor: Actor, scope: str) -> Callable[[], Any]:
    def act() -> Any:
        found = find_worklist(actor, scope, Filters(), limit=PER_PAGE)
        return list_sheets(actor, found.case_ids)

    return act


def _beside_offsets(figures: Figures) -> None:
    """The 200th page of the team's list: by cursor, and by the framework's Paginator with COUNT and OFFSET."""
    actor = get_actor(get_account("coordinator-r0-0"))
    place = actor.memberships[0].organisation_id
    rows = Case.objects.filter(OPEN, team_organisation_id=place, team="coordinator").order_by("due_at", "id")
    deep = min(DEEP_PAGE, max(1, rows.count() // PER_PAGE))
    last = list(rows[: deep * PER_PAGE])[-1]
    after = write_cursor(last, Filters())
    by_cursor = middle(lambda: list_worklist(actor, "team", Filters(), after=after, limit=PER_PAGE))
    figures.add("worklist_deep_ms", f"page {deep} of the team's list, by cursor", by_cursor, "ms")
    by_offset = middle(lambda: list(Paginator(rows.select_related("owner"), PER_PAGE).page(deep)))
    figures.add("worklist_deep_offset_ms", "… beside COUNT and OFFSET", by_offset, "ms")
