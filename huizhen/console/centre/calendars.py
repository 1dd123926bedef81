"""A doctor's calendar: week, absences, how many consultations a week; kept by the doctor or by the centre."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from huizhen.console.centre import history
from huizhen.console.centre.fields import moment_field
from huizhen.console.shapes import Crumb
from huizhen.consult.joint.meetings.queries import get_taken
from huizhen.kernel.calendar.holidays import office
from huizhen.kernel.clock import now
from huizhen.people.accounts.requests import Request
from huizhen.people.availability import access, actions, queries, rules

DAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至到]\s*(\d{1,2}):(\d{2})")
AHEAD = timedelta(days=14)


class WeekForm(forms.Form):
    """Each day's hours as people write them, `08:00-12:00 14:00-17:30`; all empty: the house's office hours."""

    accepting = forms.BooleanField(label=gettext_lazy("Takes consultations"), required=False)
    limit = forms.IntegerField(
        label=gettext_lazy("Consultations a week, at most"), min_value=0, max_value=200,
        help_text=gettext_lazy("0: no limit."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(DAYS):
            self.fields[f"day_{number}"] = forms.CharField(
                label=name, required=False, max_length=60,
                widget=forms.TextInput(attrs={"placeholder": "08:00-12:00 14:00-17:30"}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Adds `week`; raises ValidationError at the day that cannot be read."""
        data = super().clean() or {}
        week: dict[int, tuple[rules.Stretch, ...]] = {}
        for number in range(len(DAYS)):
            text = data.get(f"day_{number}", "").strip()
            if not text:
                continue
            try:
                week[number] = tuple(_stretch(found) for found in STRETCH.findall(text))
                rules.check_week(week)
                if not week[number]:
                    raise rules.BadWeek(number)
            except ValueError:
                self.add_error(f"day_{number}", _("Write hours as 08:00-12:00, several apart by a blank."))
        return {**data, "week": week}


class AbsenceForm(forms.Form):
    """Time in which one cannot be asked."""

    kind = forms.ChoiceField(label=gettext_lazy("Why"), choices=queries.KINDS)
    starts_at = moment_field(gettext_lazy("From"))
    ends_at = moment_field(gettext_lazy("Until"))


@login_required
def page(request: Request, account_id: UUID) -> HttpResponse:
    """The calendar of the next two weeks, with the forms that change it."""
    doctor, at = access.access_calendar(request.actor, account_id), now()
    which = request.POST.get("form")
    calendar = queries.get_calendars([account_id], at, at + AHEAD)[account_id]
    week = WeekForm(request.POST if which == "week" else None, initial=_initial(doctor, calendar))
    absence = AbsenceForm(request.POST if which == "absence" else None, auto_id="absence_%s")
    if (which == "week" and _save_week(request, account_id, week)) or (
        which == "absence" and _add_absence(request, account_id, absence)
    ):
        messages.success(request, _("Saved."))
        return redirect(request.path)
    own = account_id == request.user.pk
    context = {
        "crumbs": [] if own else [Crumb(_("Experts"), "/centre/experts/"), Crumb(_("Calendar"))],
        "doctor": doctor, "week": week, "absence": absence, "absences": queries.list_absences(doctor.pk, since=at),
        "days": _days(calendar, get_taken([account_id], at, at + AHEAD).get(account_id, ()), at), "own": own,
        "history": history.tell(("practitioner", doctor.pk)),
    }  # fmt: skip
    return render(request, "centre/calendar.html", context, status=422 if which else 200)


@login_required
@require_POST
def cancel(request: Request, absence_id: UUID) -> HttpResponse:
    """Take an absence back."""
    found = access.access_absence(request.actor, absence_id)
    actions.cancel_absence(absence_id, actor=request.actor, at=now())
    messages.success(request, _("The absence is taken back."))
    return redirect("centre-calendar", account_id=found.practitioner.account_id)


def _initial(doctor: Any, calendar: rules.Calendar) -> dict[str, Any]:
    hours = {f"day_{day}": " ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in given) for day, given in calendar.week.items()}
    return {"accepting": doctor.accepting, "limit": doctor.weekly_limit, **hours}


def _save_week(request: Request, account_id: UUID, form: WeekForm) -> bool:
    if not form.is_valid():
        return False
    actor, at, data = request.actor, now(), form.cleaned_data
    actions.set_week(account_id, data["week"], actor=actor, at=at)
    actions.set_weekly_limit(account_id, data["limit"], accepting=data["accepting"], actor=actor, at=at)
    return True


def _add_absence(request: Request, account_id: UUID, form: AbsenceForm) -> bool:
    if not form.is_valid():
        return False
    try:
        actions.add_absence(account_id, **form.cleaned_data, actor=request.actor, at=now())
    except actions.BadAbsence:
        form.add_error("ends_at", _("An absence must end after it begins, and lie ahead."))
        return False
    return True


def _days(calendar: rules.Calendar, taken: tuple[rules.Slot, ...], at: datetime) -> list[dict[str, Any]]:
    """Each of the next days with its free stretches."""
    free: dict[Any, list[rules.Slot]] = {}
    for slot in rules.free_slots(office(), calendar, at, at + AHEAD, taken):
        free.setdefault(slot.starts_at.astimezone(rules.ZONE).date(), []).append(slot)
    first = at.astimezone(rules.ZONE).date()
    days = [first + timedelta(days=number) for number in range(AHEAD.days)]
    return [{"day": day, "name": DAYS[day.weekday()], "free": free.get(day, [])} for day in days]


def _stretch(found: tuple[str, ...]) -> rules.Stretch:
    return time(int(found[0]), int(found[1])), time(int(found[2]), int(found[3]))
