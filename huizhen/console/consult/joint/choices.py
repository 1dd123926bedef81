"""What the forms of a consultation offer to choose from, by the case."""

from typing import Any

from django.utils.translation import gettext as _

from huizhen.consult.joint.access import Seen
from huizhen.consult.joint.flow import TEAM
from huizhen.consult.joint.rules import waiting_cosigners, waiting_experts
from huizhen.people.credentials.cards import get_cards
from huizhen.people.organisations.queries import list_colleagues


def accepted(seen: Seen) -> dict[str, Any]:
    """The experts who have accepted, with title and hospital."""
    rows = [i for i in seen.application.invitations.all() if i.state == "accepted"]
    cards = get_cards(i.expert_id for i in rows)
    return {"choices": [(str(i.id), _name(i, cards.get(i.expert_id))) for i in rows]}


def experts(seen: Seen) -> dict[str, Any]:
    """The experts who have accepted, by their account."""
    rows = [i for i in seen.application.invitations.all() if i.state == "accepted"]
    cards = get_cards(i.expert_id for i in rows)
    return {"choices": [(str(i.expert_id), _name(i, cards.get(i.expert_id))) for i in rows]}


def awaited(seen: Seen) -> dict[str, Any]:
    """The experts whose opinion is awaited, by their invitation."""
    waiting = waiting_experts(seen.application)
    rows = [i for i in seen.application.invitations.all() if i.state == "accepted" and i.expert_id in waiting]
    cards = get_cards(i.expert_id for i in rows)
    return {"choices": [(str(i.id), _name(i, cards.get(i.expert_id))) for i in rows]}


def cosigners(seen: Seen) -> dict[str, Any]:
    """The experts who are to co-sign and have not answered, by their account."""
    rows = waiting_cosigners(seen.application)
    cards = get_cards(one.expert_id for one in rows)
    return {"choices": [(str(one.expert_id), _name(one, cards.get(one.expert_id))) for one in rows]}


def colleagues(seen: Seen) -> dict[str, Any]:
    """Who works at the centre that runs the case, oneself first."""
    centre = seen.application.case.team_organisation_id
    rows = [c for c in list_colleagues(centre) if c.role in TEAM and c.organisation_id == centre] if centre else []
    names = {c.account_id: c.name for c in rows}
    me = seen.actor.account_id
    named = [(str(key), _("%(name)s (me)") % {"name": name} if key == me else name) for key, name in names.items()]
    return {"choices": sorted(named, key=lambda pair: pair[0] != str(me))}


def _name(row: Any, card: Any) -> str:
    return f"{card.name} · {card.title} · {card.hospital}" if card else str(row.expert.name)
