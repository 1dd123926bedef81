"""Suggested experts and panels on the inviting page, with reasons in words. A person taps; nothing goes by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext, npgettext
from django.utils.translation import gettext as _

from huizhen.console import durations
from huizhen.consult.joint.access import Seen
from huizhen.consult.panels.queries import list_fitting
from huizhen.consult.suggestions.queries import Need, get_topic, read_need, suggest
from huizhen.consult.suggestions.rules.ranking import Reason, Suggestion
from huizhen.people.availability.rules import days_ahead, part_of_day
from huizhen.people.credentials.cards import Card, get_cards
from huizhen.people.credentials.queries import list_specialties

FIRST, PER_SEAT = 5, 3
SOON = timedelta(minutes=30)
NEAREST, SAME_NETWORK = 0.99, 0.3


def context(seen: Seen, at: datetime) -> dict[str, Any]:
    """What the page shows above the search: what was recognised, as far as it may be read, a fitting panel, experts."""
    application = seen.application
    need = read_need(application, material=seen.is_agreed)
    names = dict(list_specialties())
    found = suggest(application, at=at, most=FIRST, need=need)
    panels = [_panel(application, template, names, at, need) for template in list_fitting(need.topics)[:1]]
    seats = [one for panel in panels for seat in panel["seats"] for one in seat["found"]]
    cards = get_cards([one.account_id for one in (*found, *seats)])
    for panel in panels:
        for seat in panel["seats"]:
            seat["found"] = [_row(one, cards, names, at) for one in seat["found"] if one.account_id in cards]
    return {
        "recognised": _recognised(need, names),
        "suggested": [_row(one, cards, names, at) for one in found if one.account_id in cards],
        "panels": panels,
    }


def read_seats(posted: list[str]) -> dict[UUID, str]:
    """`<account>:<specialty>` as it was posted; anything else is left out."""
    found = {}
    for text in posted:
        account, _colon, code = text.partition(":")
        try:
            found[UUID(account)] = code[:10]
        except ValueError:
            continue
    return found


def _recognised(need: Need, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": names.get(guess.specialty, guess.specialty), "percent": round(guess.share * 100),
         "words": "、".join(guess.words)}
        for guess in need.guesses[:3]
    ]  # fmt: skip


def _panel(
    application: Any, template: Any, names: dict[str, str], at: datetime, need: Need
) -> dict[str, Any]:  # fmt: skip
    seats: list[dict[str, Any]] = []
    taken: set[UUID] = set()
    for seat in template.seats.all():
        code = seat.specialty_id
        found = suggest(application, at=at, wanted=[(code, 1.0)], leave_out=taken, most=PER_SEAT, need=need)
        taken |= {one.account_id for one in found[:PER_SEAT]}
        seats.append({"code": code, "name": names.get(code, code), "chairs": seat.chairs, "found": found})
    english = (get_language() or "").startswith("en") and template.name_en
    whole = all(seat["found"] for seat in seats)
    return {
        "name": template.name_en if english else template.name,
        "seats": seats,
        "quorum": len(seats),
        "whole": whole,
    }


def _row(one: Suggestion, cards: dict[UUID, Card], names: dict[str, str], at: datetime) -> dict[str, Any]:
    card = cards[one.account_id]
    return {
        "id": one.account_id, "name": card.name, "line": card.line,
        "focus": card.focus, "score": round(one.score), "specialty": one.specialty,
        "reasons": [says for reason in one.reasons if not reason.against and (says := say(reason, names, at))],
        "against": [says for reason in one.reasons if reason.against and (says := say(reason, names, at))],
    }  # fmt: skip


def say(reason: Reason, names: dict[str, str], at: datetime) -> str:
    """A reason in the reader's language."""
    if reason.code == "specialty":
        return names.get(reason.data["code"], "")
    if reason.code in ("away", "free"):
        return _when(reason, at)
    return _SENTENCES[reason.code](reason.data) if reason.code in _SENTENCES else ""


def _topic(code: str) -> str:
    topic = get_topic(code)
    if topic is None:
        return ""
    return topic.name_en if (get_language() or "").startswith("en") else topic.name


def _experience(data: dict[str, Any]) -> str:
    told = ngettext("%(n)s case of %(topic)s reported", "%(n)s cases of %(topic)s reported", data["cases"])
    return told % {"n": data["cases"], "topic": _topic(data["topic"])}


def _when(reason: Reason, at: datetime) -> str:
    if reason.code == "away":
        return _("away until %(when)s") % {"when": durations.moment(reason.data["until"], now=at)}
    free: datetime = reason.data["at"]
    if free - at <= SOON:
        return _("free now")
    ahead, part = days_ahead(at, free), part_of_day(free)
    words = {
        (0, "morning"): _("free this morning"), (0, "afternoon"): _("free this afternoon"),
        (1, "morning"): _("free tomorrow morning"), (1, "afternoon"): _("free tomorrow afternoon"),
    }  # fmt: skip
    return words.get((ahead, part)) or _("free from %(day)s") % {
        "day": date_format(localtime(free), "MONTH_DAY_FORMAT")
    }


def _near(data: dict[str, Any]) -> str:
    if data["near"] >= NEAREST:
        return _("at your own organisation")
    return _("in the same referral network") if data["near"] >= SAME_NETWORK else ""


def _load(data: dict[str, Any]) -> str:
    if not data["working"]:
        return _("nothing in work")
    return npgettext("consultations", "%(n)s in work", "%(n)s in work", data["working"]) % {"n": data["working"]}


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "experience": _experience,
    "focus": lambda data: _("names %(topic)s as a focus") % {"topic": _topic(data["topic"])},
    "answers_in": lambda data: (
        _("answers in %(time)s") % {"time": durations.length(timedelta(minutes=data["minutes"]))}
    ),
    "near": _near,
    "load": _load,
    "full": lambda data: _("week is full (%(week)s of %(limit)s)") % data,
    "unfit": lambda data: _("has declined such cases as not their field (%(times)s)") % data,
    "fee": lambda data: _("¥%(yuan)s by contract") % {"yuan": f"{data['fen'] / 100:g}"},
    "no_contract": lambda data: _("no contract with this hospital"),
    "contract_full": lambda data: _("this month's number in the contract is used up"),
}
