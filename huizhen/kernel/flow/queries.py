"""Reads of cases: worklists by cursor, timelines, deadlines. Cost follows what is shown, not what is stored."""

import base64
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.kernel.access import Actor
from huizhen.kernel.flow.lanes import list_sources
from huizhen.kernel.flow.language import STATE_CLOCK
from huizhen.kernel.flow.models import Audience, Case, CaseDeadline, CaseEvent, Participant
from huizhen.kernel.line import ask

SEEN_BY = {
    Audience.PATIENT: [Audience.PATIENT],
    Audience.STAFF: [Audience.PATIENT, Audience.STAFF],
    Audience.TEAM: [Audience.PATIENT, Audience.STAFF, Audience.TEAM],
}


@dataclass(frozen=True)
class Filters:
    """What a worklist is narrowed to. `closed` lists ended cases, newest first, instead of open ones, due first.
    `number` is a case number in its written form."""

    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    urgency: str = ""
    late: bool = False
    closed: bool = False
    patient_ids: tuple[UUID, ...] = ()
    organisation_ids: tuple[UUID, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class Page:
    """One page of cases and the cursor of the next, empty when there is none."""

    cases: list[Case]
    after: str


@dataclass(frozen=True)
class Place:
    """The cases of one page by their keys, and the cursor of the next page, empty when there is none."""

    case_ids: list[UUID]
    after: str


def list_worklist(actor: Actor, scope: str, filters: Filters = Filters(), *, after: str = "", limit: int = 20) -> Page:
    """Cases of the actor: `mine` (I must act; in order of my own deadlines), `team` (my teams'), `centre` (all that my
    team handles, whoever must act now), `organisation` (of organisations I oversee), `part` (I take part).

    A case stands in a list only for who holds the permission to see cases of its kind, see `lanes`. A page costs a few
    index probes per team or organisation, however many cases there are.

    Raises:
        BadCursor: `after` is not a cursor of such a list.
    """
    found = find_worklist(actor, scope, filters, after=after, limit=limit)
    cases = Case.objects.select_related("owner").in_bulk(found.case_ids)
    return Page([cases[key] for key in found.case_ids if key in cases], found.after)


def find_worklist(actor: Actor, scope: str, filters: Filters = Filters(), *, after: str = "", limit: int = 20) -> Place:
    """As `list_worklist`, for faces that load the rows themselves: one statement.

    Raises:
        BadCursor.
    """
    where, values = _where(filters)
    cursor = read_cursor(after) if after else None
    parts, parameters = [], []
    for source in list_sources(actor, scope, filters.kinds):
        # Each lane (a team, an organisation) is read in its own order, and no further than one page. Every
        # interpolated part is a constant of this file; what people give travels as parameters.
        key, identifier = ("c.opened_at", "c.id") if filters.closed else source.key
        order = f"{key} DESC, {identifier} DESC" if filters.closed else f"{key}, {identifier}"
        beyond = f" AND ({key}, {identifier}) {'<' if filters.closed else '>'} (%s, %s)" if cursor else ""
        parts.append(
            f"(SELECT found.* FROM {source.lanes} CROSS JOIN LATERAL ("  # noqa: S608 - constants of this file, see above
            f" SELECT c.id, {key} AS key FROM {source.table} WHERE {source.holds} AND {' AND '.join(where)}{beyond}"
            f" ORDER BY {order} LIMIT %s) found)"
        )
        parameters += [*source.lane_values, *source.values, *values, *(cursor or ()), limit + 1]
    if not parts:
        return Place([], "")
    order = "key DESC, id DESC" if filters.closed else "key, id"
    union = " UNION ".join(parts)
    rows = ask(f"SELECT id, key FROM ({union}) found ORDER BY {order} LIMIT %s", [*parameters, limit + 1])  # noqa: S608 - as above
    shown = rows[:limit]
    more = len(rows) > limit
    return Place([row[0] for row in shown], _cursor(shown[-1][1], shown[-1][0]) if more else "")


class BadCursor(ValueError):
    """The cursor was not made by this program."""


def write_cursor(case: Case, filters: Filters) -> str:
    """The place in the list after this case."""
    return _cursor(case.opened_at if filters.closed else case.due_at, case.id)


def _cursor(key: datetime | None, identifier: UUID) -> str:
    text = json.dumps([key.isoformat() if key else "", str(identifier)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[datetime, UUID]:
    """Read a cursor back.

    Raises:
        BadCursor: it is none.
    """
    try:
        key, identifier = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return datetime.fromisoformat(key), UUID(identifier)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCursor(text) from error


def list_timeline(case_id: UUID, *, audience: str, after: int = 0, limit: int = 500) -> list[CaseEvent]:
    """The timeline as this audience may see it, oldest first, from after the entry numbered `after`."""
    found = CaseEvent.objects.filter(case_id=case_id, number__gt=after, audience__in=SEEN_BY[Audience(audience)])
    return list(found.select_related("actor").order_by("number")[:limit])


def is_noted(case_id: UUID, kind: str, **data: Any) -> bool:
    """Whether the timeline has an entry of this kind with this data."""
    return CaseEvent.objects.filter(case_id=case_id, kind=kind, data__contains=data).exists()


def list_participants(case_id: UUID, *, past: bool = False) -> list[Participant]:
    """Who takes part now; `past`: and who did."""
    found = Participant.objects.filter(case_id=case_id).select_related("account").order_by("since", "id")
    return list(found if past else found.filter(until__isnull=True))


def list_deadlines(case_id: UUID) -> list[CaseDeadline]:
    """The running clocks of a case, the one due first in front."""
    return list(CaseDeadline.objects.filter(case_id=case_id, ended_at__isnull=True).order_by("due_at"))


def list_state_clocks(
    case_ids: Iterable[UUID], *, holder_id: UUID | None = None, rather: Collection[str] = ()
) -> dict[UUID, CaseDeadline]:
    """The running clock of each case's state, for a page of a worklist with one query; where a clock named in `rather`
    runs, that one; where `holder_id` holds one of their own in the case, the first of these to run out."""
    running = CaseDeadline.objects.filter(case_id__in=list(case_ids), ended_at__isnull=True)
    asked = running.filter(Q(name__in=(STATE_CLOCK, *rather)) | Q(holder_id=holder_id, holder_id__isnull=False))
    found: dict[UUID, CaseDeadline] = {}
    for clock in sorted(asked, key=lambda one: (bool(one.holder_id), one.name in rather, -one.due_at.timestamp())):
        found[clock.case_id] = clock
    return found


def get_capacities(case_ids: Iterable[UUID], account_id: UUID | None) -> dict[UUID, set[str]]:
    """In what capacities an account takes part in each of these cases now."""
    capacities: dict[UUID, set[str]] = {}
    if account_id is None:
        return capacities
    rows = Participant.objects.filter(case_id__in=case_ids, account_id=account_id, until__isnull=True)
    for case_id, capacity in rows.values_list("case_id", "capacity"):
        capacities.setdefault(case_id, set()).add(capacity)
    return capacities


def get_numbers(case_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of these cases, for who was shown that they exist."""
    return dict(Case.objects.filter(id__in=list(case_ids)).values_list("id", "number"))


def cases() -> QuerySet[Case]:
    """All cases, for features to join their own tables to."""
    return Case.objects.all()


def _where(filters: Filters) -> tuple[list[str], list[Any]]:
    where: list[str] = ["c.closed_at IS NOT NULL" if filters.closed else "c.closed_at IS NULL"]
    values: list[Any] = []
    narrowed = (
        ("kind", filters.kinds), ("state", filters.states), ("patient_id", filters.patient_ids),
        ("organisation_id", filters.organisation_ids),
    )  # fmt: skip
    for column, chosen in narrowed:
        if chosen:
            where.append(f"c.{column} = ANY(%s)")
            values.append(list(chosen))
    if filters.urgency:
        where.append("c.urgency = %s")
        values.append(filters.urgency)
    if filters.number:
        where.append("c.number = %s")
        values.append(filters.number)
    if filters.late:
        where.append("c.late_since IS NOT NULL")
    return where, values
