"""Statistics: how many, from where, how long against the promise, why late, what came of it. And the same in Excel."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from huizhen.board.exports.actions import export_figures
from huizhen.board.exports.workbook import Sheet
from huizhen.board.overview.access import EXPORT, access_figures, note_delays
from huizhen.board.overview.queries import Figures, get_figures, place_names
from huizhen.console import durations
from huizhen.console.centre import afterwards
from huizhen.consult.joint.flow import JOINT
from huizhen.kernel.calendar.working import ZONE
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.credentials.cards import get_cards
from huizhen.people.credentials.queries import list_specialties

SPANS = (7, 30, 90, 365)
DEFAULT = 30
TOP = 12
MARK = 0.8  # how wide the drawing's mark of the promise is, of 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
def page(request: Request) -> HttpResponse:
    """The figures as pictures with their numbers beside them."""
    reach = access_figures(request.actor)
    days, since, until = _span(request)
    found = get_figures(reach.places, since, until, at=now())
    note_delays(request.actor, reach, found.delays, at=now())
    names = _names(found)
    context = {
        "figures": found, "days": days, "spans": SPANS, "may_export": reach.may_export,
        "by_day": _columns(found, since, days), "tables": [
            _bars(_("By hospital"), [(names["place"].get(key, ""), n, u) for key, n, u in found.places]),
            _bars(_("By specialty"), [(names["specialty"].get(key, key), n, u) for key, n, u in found.specialties]),
            _bars(_("Where they stand"), [(names["state"].get(key, key), n, 0) for key, n in found.outcome]),
        ],
        "states": [_spell(one, names["state"]) for one in _in_order(found.states)],
        "experts": _experts(found), "delays": [(one, names["state"].get(one.state, "")) for one in found.delays],
        "money": [(names["place"].get(a, ""), names["place"].get(b, ""), n, fen / 100) for a, b, n, fen in found.money],
        "ratings": afterwards.rated(found), "rated_places": afterwards.rated_places(found, names["place"])[:TOP],
        "advice": [_bars(title, [(answer, n, 0) for answer, n in rows]) for title, rows in afterwards.advice(found)],
    }  # fmt: skip
    return render(request, "centre/statistics.html", context)


@login_required
def export(request: Request) -> HttpResponse:
    """The same figures as a workbook; noted in the audit."""
    reach = access_figures(request.actor, to=EXPORT)
    days, since, until = _span(request)
    found = get_figures(reach.places, since, until, at=now())
    note_delays(request.actor, reach, found.delays, at=now())
    about = f"{since.astimezone(ZONE):%Y-%m-%d} – {until.astimezone(ZONE):%Y-%m-%d}"
    made = export_figures(request.actor, _sheets(found), about=about, at=now())
    name = f"huizhen-{since.astimezone(ZONE):%Y%m%d}-{days}d.xlsx"
    return HttpResponse(made, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _span(request: Request) -> tuple[int, datetime, datetime]:
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in SPANS else DEFAULT
    tomorrow = datetime.combine(now().astimezone(ZONE).date() + timedelta(days=1), time.min, ZONE)
    return days, tomorrow - timedelta(days=days), tomorrow


def _names(found: Figures) -> dict[str, dict[Any, str]]:
    return {
        "place": dict(place_names(found).items()), "specialty": dict(list_specialties()),
        "state": {state.code: str(state.label) for state in JOINT.states},
    }  # fmt: skip


def _in_order(states: list[Any]) -> list[Any]:
    order = [state.code for state in JOINT.states]
    return sorted((one for one in states if one.state in order), key=lambda one: order.index(one.state))


def _columns(found: Figures, since: datetime, days: int) -> dict[str, Any]:
    """A column for each day, or for each week of a long span, as a drawing of 100 units of height."""
    step = 1 if days <= 31 else 7
    counted = {day: (n, urgent) for day, n, urgent in found.days}
    first = since.astimezone(ZONE).date()
    bars = []
    for start in range(0, days, step):
        inside = [counted.get(first + timedelta(days=start + k), (0, 0)) for k in range(min(step, days - start))]
        bars.append((first + timedelta(days=start), sum(n for n, _u in inside), sum(u for _n, u in inside)))
    top = max((n for _day, n, _u in bars), default=0) or 1
    wide = 100 / len(bars)
    return {
        "top": top, "first": bars[0][0], "last": first + timedelta(days=days - 1),
        "bars": [
            {"x": _pos(k * wide + wide * 0.12), "w": _pos(wide * 0.76), "h": _pos(n * 100 / top),
             "y": _pos(100 - n * 100 / top), "uh": _pos(u * 100 / top), "uy": _pos(100 - u * 100 / top),
             "day": day, "n": n, "u": u}
            for k, (day, n, u) in enumerate(bars)
        ],
    }  # fmt: skip


def _bars(title: str, rows: list[tuple[str, int, int]]) -> dict[str, Any]:
    top = max((n for _name, n, _u in rows), default=0) or 1
    shown = [{"name": name, "n": n, "urgent": u, "w": _pos(n * 100 / top)} for name, n, u in rows[:TOP]]
    return {"title": title, "rows": shown, "more": len(rows) - len(shown)}


def _spell(one: Any, names: dict[str, str]) -> dict[str, Any]:
    longest = max(one.slow, one.promise, one.middle) or 1
    return {
        "name": names[one.state], "times": one.times, "late": one.late, "extended": one.extended,
        "late_percent": round(one.late * 100 / one.times) if one.times else 0,
        "middle": _length(one.middle), "slow": _length(one.slow), "promise": _length(one.promise),
        "middle_x": _pos(one.middle * 100 / longest), "slow_x": _pos(one.slow * 100 / longest),
        "promise_x": _pos(min(one.promise * 100 / longest, 100 - MARK)),
    }  # fmt: skip


def _pos(value: float) -> str:
    """A place in a drawing: with a point, whatever the reader's language writes."""
    return f"{value:.2f}"


def _length(minutes: float) -> str:
    return durations.length(timedelta(minutes=minutes))


def _experts(found: Figures) -> list[dict[str, Any]]:
    cards = get_cards(row[0] for row in found.experts[:TOP])
    return [
        {"card": cards[row[0]], "asked": row[1], "accepted": row[2], "declined": row[3], "expired": row[4],
         "working": row[5], "answers": _length(row[6]) if row[6] is not None else ""}
        for row in found.experts[:TOP]
        if row[0] in cards
    ]  # fmt: skip


def _sheets(found: Figures) -> list[Sheet]:
    names, cards = _names(found), get_cards(row[0] for row in found.experts)
    cases, urgent = _("Consultations"), _("Urgent")
    return [
        Sheet(_("By day"), [_("Day"), cases, urgent], found.days),
        Sheet(_("By hospital"), [_("Hospital"), cases, urgent],
              [(names["place"].get(key, ""), n, u) for key, n, u in found.places]),
        Sheet(_("By specialty"), [_("Specialty code"), _("Specialty"), cases, urgent],
              [(key, names["specialty"].get(key, ""), n, u) for key, n, u in found.specialties]),
        Sheet(_("Where they stand"), [_("State"), cases],
              [(names["state"].get(key, key), n) for key, n in found.outcome]),
        Sheet(_("Time in each state"),
              [_("State"), _("Times"), _("Half within (minutes)"), _("Nine of ten within (minutes)"),
               _("Promised (minutes)"), _("Late"), _("Moved with a reason")],
              [(names["state"].get(one.state, one.state), one.times, round(one.middle), round(one.slow),
                round(one.promise), one.late, one.extended) for one in _in_order(found.states)]),
        Sheet(_("Experts"),
              [_("Name of the expert"), pgettext("of an expert", "Hospital"), _("Asked"), _("Accepted"), _("Declined"),
               _("Not answered"), _("In work"), _("Answers within (minutes)")],
              [(cards[row[0]].name, cards[row[0]].hospital, *row[1:6], round(row[6]) if row[6] is not None else "")
               for row in found.experts if row[0] in cards]),
        Sheet(_("Contracts"), [_("Asks"), _("Answers"), cases, _("Price (yuan)")],
              [(names["place"].get(a, ""), names["place"].get(b, ""), n, fen / 100) for a, b, n, fen in found.money]),
        Sheet(_("Delays"), [_("Number"), _("State"), _("At"), _("Reason that was sent")],
              [(one.number, names["state"].get(one.state, ""), f"{one.at.astimezone(ZONE):%Y-%m-%d %H:%M}", one.reason)
               for one in found.delays]),
        *afterwards.sheets(found, names["place"]),
    ]  # fmt: skip
