"""Who is suggested for a consultation, and why. A person chooses; nothing is invited by this."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from huizhen.api.answers import answer
from huizhen.api.operations import reads
from huizhen.api.schemas import AnyId, Limit, Line, Out
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.flow import COORDINATE
from huizhen.consult.suggestions.queries import Need, read_need, suggest
from huizhen.kernel import clock
from huizhen.people.accounts.requests import actor_of
from huizhen.people.credentials.access import access_experts
from huizhen.people.credentials.cards import get_cards

router = Router()


class GuessOut(Out):
    """A specialty recognised in the case, how sure (0…1), and by which words."""

    specialty: str = Field(examples=["05.04"])
    share: float
    words: list[str]


class ReasonOut(Out):
    """A reason: its code, whether it speaks against, and its facts, e.g. `{"minutes": 180}`."""

    code: str = Field(examples=["answers_in"])
    against: bool
    facts: dict[str, Any]


class SuggestionOut(Out):
    """An expert to think of, with a score of 0…100 and the reasons for it, the weightiest first."""

    account_id: AnyId
    name: str
    title: str
    place: str
    specialty: str
    score: float
    reasons: list[ReasonOut]


class SuggestionsOut(Out):
    """What was recognised in the case, and whom to think of first."""

    recognised: list[GuessOut]
    topics: list[str]
    experts: list[SuggestionOut]


@reads(router, "/{uuid:case_id}/suggestions", SuggestionsOut)
def suggest_experts(request: HttpRequest, case_id: UUID, specialty: Line = "", limit: Limit = 8) -> HttpResponse:
    """Suggest experts for a consultation, with reasons; for coordinators. `specialty`: only of this one."""
    seen = access_joint(actor_of(request), case_id, to=COORDINATE)
    access_experts(actor_of(request))
    need = read_need(seen.application, material=seen.is_agreed)
    wanted = [(specialty, 1.0)] if specialty else ()
    found = suggest(seen.application, at=clock.now(), wanted=wanted, most=limit, need=need)
    cards = get_cards([one.account_id for one in found])
    return answer(
        {
            **_recognised(need),
            "experts": [_show(one, cards[one.account_id]) for one in found if one.account_id in cards],
        }
    )


def _recognised(need: Need) -> dict[str, Any]:
    guesses = [
        {"specialty": one.specialty, "share": round(one.share, 4), "words": list(one.words)} for one in need.guesses
    ]
    return {"recognised": guesses, "topics": list(need.topics)}


def _show(one: Any, card: Any) -> dict[str, Any]:
    return {
        "account_id": one.account_id, "name": card.name, "title": str(card.title),
        "place": card.place, "specialty": one.specialty,
        "score": round(one.score, 1),
        "reasons": [{"code": why.code, "against": why.against, "facts": why.data} for why in one.reasons],
    }  # fmt: skip
