"""What follows a timeline entry in every flow: those who must hear of it are told."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from huizhen.kernel import clock, outbox
from huizhen.kernel.access import directory
from huizhen.kernel.flow.language import FLOWS, Flow
from huizhen.kernel.flow.ledger import TELL
from huizhen.kernel.flow.models import Case, CaseEvent, Participant
from huizhen.kernel.flow.sentences import ACT_LABELS, EVENT_LABELS
from huizhen.kernel.notify import register, tell, tell_robots

MEMBERS = "team:"
ACCOUNT = "account:"
TITLE = "{} · %(number)s"
BODY = _("%(flow)s：{}。当前状态：%(state)s。")
# The delays: their reason is for those who are told, in the inbox of this house and on no road out of it.
WITH_REASON = ("extended",)


def register_all() -> None:
    """Give every flow and every noted event its notification; called once at start-up, when all flows are known."""
    for flow in FLOWS.values():
        register_notifications(flow)
    _register(EVENT_LABELS)


def register_notifications(flow: Flow) -> None:
    """Give every act, and every move that tells somebody, its notification."""
    facts = {**ACT_LABELS, **{move.name: flow.notice(move) for move in flow.moves if move.tells}}
    _register({f"{flow.kind}.{name}": fact for name, fact in facts.items()})


def _register(facts: dict[str, Any]) -> None:
    for kind, fact in facts.items():
        inside = find_reasons if kind.rpartition(".")[2] in WITH_REASON else None
        register(kind, title=format_lazy(TITLE, fact), body=format_lazy(BODY, fact), inside=inside)


def find_reasons(account_id: UUID, keys: Collection[str]) -> dict[str, str]:
    """The reasons of timeline entries as sentences, by the keys of their notifications; for who still takes part."""
    numbers = {key: key.partition(":") for key in keys}
    wanted = {(UUID(case), int(number)): key for key, (case, _colon, number) in numbers.items()}
    mine = Participant.objects.filter(account_id=account_id, until__isnull=True).values("case_id")
    events = CaseEvent.objects.filter(case_id__in={case for case, _number in wanted}).filter(case_id__in=mine)
    rows = events.filter(number__in={number for _case, number in wanted})
    return {
        wanted[row.case_id, row.number]: gettext("Reason: %(reason)s") % {"reason": row.reason}
        for row in rows
        if (row.case_id, row.number) in wanted and row.reason
    }


@outbox.on(TELL)
def tell_about_event(payload: dict) -> None:
    """Notify everybody a timeline entry names, except the one who caused it. Twice does no harm: one key per entry."""
    event = CaseEvent.objects.select_related("case").get(case_id=payload["case"], number=payload["number"])
    accounts = recipients(event.case, payload["tells"], event) - {event.actor_id}
    flow = FLOWS[event.case.kind]
    with translation.override(None):  # the words themselves; each reader's language comes when it is written
        state, name = str(flow.state(event.case.state).label), str(flow.label)
    link = f"/cases/{event.case_id}"
    context = {"number": event.case.number, "state": state, "flow": name, "link": link, "case": event.case_id}
    key, urgency, at = f"{event.case_id}:{event.number}", event.case.urgency, clock.now()
    tell(event.kind, sorted(accounts), key=key, context=context, urgency=urgency, at=at)
    for role in [name.removeprefix(MEMBERS) for name in payload["tells"] if name.startswith(MEMBERS)]:
        if event.case.team_organisation_id:
            tell_robots(
                event.kind, role=role, organisation_id=event.case.team_organisation_id, key=key, context=context,
                urgency=urgency, at=at,
            )  # fmt: skip


def recipients(case: Case, names: list[str], event: CaseEvent) -> set[UUID]:
    """The accounts behind names: a capacity, `owner`, `team:<role>`, `account:<id>`.

    Whoever left with this very entry still hears of it: the withdrawal is told to the experts it sends home.
    """
    people = Participant.objects.filter(case=case).exclude(until__lt=event.at)
    capacities: dict[str, set[UUID]] = {}
    for account_id, capacity in people.values_list("account_id", "capacity"):
        capacities.setdefault(capacity, set()).add(account_id)
    found: set[UUID] = set()
    for name in names:
        if name == "owner":
            found |= _owners(case, capacities)
        elif name.startswith(MEMBERS):
            found |= _members(case, name.removeprefix(MEMBERS))
        elif name.startswith(ACCOUNT):
            found.add(UUID(name.removeprefix(ACCOUNT)))
        else:
            found |= capacities.get(name, set())
    return found


def _owners(case: Case, capacities: dict[str, set[UUID]]) -> set[UUID]:
    if case.owner_id:
        return {case.owner_id}
    if case.team.startswith("each:"):
        return capacities.get(case.team.removeprefix("each:"), set())
    return _members(case, case.team)


def _members(case: Case, role: str) -> set[UUID]:
    if not role or case.team_organisation_id is None:
        return set()
    return set(directory().members(role, case.team_organisation_id))
