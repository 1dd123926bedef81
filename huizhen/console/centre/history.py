"""What became of a thing that operators keep, in the reader's words: who, when, what stood before, what stands now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from huizhen.console.centre.item_words import NOTHING, compare_items
from huizhen.consult.suggestions.queries import list_topic_choices
from huizhen.kernel import audit
from huizhen.kernel.calendar.working import ZONE
from huizhen.people.availability.queries import KINDS as ABSENCES
from huizhen.people.credentials.cards import get_cards
from huizhen.people.credentials.queries import TITLES, list_specialties
from huizhen.people.organisations import queries as organisations

SAYS = {
    "people.organisation.created": pgettext_lazy("history", "Made"),
    "people.organisation.changed": pgettext_lazy("history", "Changed"),
    "people.organisation.moved": gettext_lazy("Moved"),
    "people.account.created": gettext_lazy("Account made"),
    "people.account.changed": gettext_lazy("Account changed"),
    "people.account.invited": gettext_lazy("Invitation link made"),
    "people.account.closed": gettext_lazy("Account closed"),
    "people.account.reopened": gettext_lazy("Account opened again"),
    "people.account.sessions_ended": gettext_lazy("All sessions ended"),
    "people.account.second_factor_reset": gettext_lazy("Second factor reset"),
    "people.membership.added": gettext_lazy("Role given"),
    "people.membership.ended": gettext_lazy("Role ended"),
    "people.practitioner.registered": gettext_lazy("Registered as a doctor"),
    "people.practitioner.changed": gettext_lazy("Doctor's data changed"),
    "people.availability.week_set": gettext_lazy("Week set"),
    "people.availability.limit_set": gettext_lazy("Limit set"),
    "people.availability.absence_added": gettext_lazy("Absence entered"),
    "people.availability.absence_cancelled": gettext_lazy("Absence taken back"),
    "consult.duty.shift_added": gettext_lazy("Put on duty"),
    "consult.duty.shift_cancelled": gettext_lazy("Taken off duty"),
    **dict.fromkeys(
        (
            "consult.contract.made",
            "consult.panel.template_made",
            "consult.panel.rule_made",
            "consult.cosigning_rule.made",
            "consult.opinion_template.made",
        ),
        pgettext_lazy("history", "Made"),
    ),
    **dict.fromkeys(
        (
            "consult.contract.changed",
            "consult.panel.template_changed",
            "consult.panel.rule_changed",
            "consult.cosigning_rule.changed",
            "consult.opinion_template.changed",
        ),
        pgettext_lazy("history", "Changed"),
    ),
    "consult.opinion_template.restored": gettext_lazy("Earlier version restored"),
}
FIELDS = {
    "parent": gettext_lazy("Lies below"),
    "kind": pgettext_lazy("organisation", "Kind"),
    "name": gettext_lazy("Name"),
    "code": pgettext_lazy("organisation", "Code"),
    "is_centre": gettext_lazy("Has a consultation centre"),
    "username": gettext_lazy("Log-in name"),
    "email": pgettext_lazy("field", "E-mail"),
    "language": gettext_lazy("Language"),
    "is_active": gettext_lazy("Account open"),
    "title": pgettext_lazy("doctor", "Title"),
    "specialties": pgettext_lazy("doctor", "Specialties"),
    "subspecialty": gettext_lazy("Focus"),
    "licence_number": gettext_lazy("Licence number"),
    "licence_valid_from": gettext_lazy("Licence valid from"),
    "licence_valid_until": gettext_lazy("Licence valid until"),
    "practising_since": gettext_lazy("Practising since (year)"),
    "introduction": gettext_lazy("Introduction"),
    "accepting": gettext_lazy("Takes consultations"),
    "weekly_limit": gettext_lazy("Consultations a week, at most"),
    "absence": gettext_lazy("Why"),
    "on_duty": gettext_lazy("Doctor"),
    "from_moment": gettext_lazy("From"),
    "until_moment": gettext_lazy("Until"),
    "place": gettext_lazy("Rung as number"),
    "patience": gettext_lazy("Minutes before the next one is rung"),
    "day_0": gettext_lazy("Monday"),
    "day_1": gettext_lazy("Tuesday"),
    "day_2": gettext_lazy("Wednesday"),
    "day_3": gettext_lazy("Thursday"),
    "day_4": gettext_lazy("Friday"),
    "day_5": gettext_lazy("Saturday"),
    "day_6": gettext_lazy("Sunday"),
    "asking": gettext_lazy("Asks"),
    "answering": gettext_lazy("Answers"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("Until"),
    "monthly_limit": gettext_lazy("Consultations a month, at most"),
    "fee_fen": gettext_lazy("Price for each expert (yuan)"),
    "urgent_fee_fen": gettext_lazy("Price when urgent (yuan)"),
    "name_en": gettext_lazy("English name"),
    "topics": gettext_lazy("Offered for"),
    "is_offered": gettext_lazy("Offered"),
    "seats": gettext_lazy("Seats"),
    "chair": gettext_lazy("Usually chairs"),
    "specialty": gettext_lazy("Specialty"),
    "quorum": gettext_lazy("Experts at least"),
    "chair_title": gettext_lazy("Chair's title at least"),
    "chair_of_specialty": gettext_lazy("The chair is of this specialty"),
    "everybody": gettext_lazy("All experts sign the report beside the chair"),
}
OF_ORGANISATIONS = {"name": pgettext_lazy("organisation", "Name")}
# A new thing's first values say nothing about what stood before; its kind, say, stands on its page.
FIRST = frozenset({
    "people.account.created", "people.organisation.created", "people.practitioner.registered",
    "consult.contract.made", "consult.panel.template_made", "consult.panel.rule_made", "consult.cosigning_rule.made",
    "consult.opinion_template.made",
})  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One act. `about` is what it was about, in a few words; `fields`: name, before, after."""

    at: datetime
    who: str
    says: Any
    about: str
    fields: list[tuple[Any, str, str]]


def tell(*subjects: tuple[str, object]) -> list[Line]:
    """The history of these things (kind and key), the latest first. The caller has checked that they may be seen."""
    return [_line(change) for change in audit.list_history(*subjects)]


def show(field: str, value: Any) -> str:
    """A value as the reader reads it."""
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(SHOWS[field](value) if field in SHOWS else value)


def _line(change: audit.Change) -> Line:
    who = change.actor_name if change.actor_name != "system" else str(_("The system"))
    says, fields, about = SAYS.get(change.action, change.action), change.fields, ""
    if change.action.startswith("people.membership."):
        place = organisations.get_full_name(change.organisation_id) if change.organisation_id else ""
        about, fields = f"{organisations.role_label(change.data.get('role', ''))} · {place}", ()
    elif change.action in FIRST:
        about, fields = ", ".join(show(name, after) for name, _before, after in fields if name in ("name", "title")), ()
    elif change.action == "consult.opinion_template.restored":
        about = _("Version %(n)s") % {"n": change.data["version"]}
    labels = FIELDS | OF_ORGANISATIONS if change.action.startswith("people.organisation.") else FIELDS
    told: list[tuple[Any, str, str]] = []
    for name, before, after in fields:
        told += compare_items(before, after) if name == "items" else [
            (labels.get(name, name), show(name, before), show(name, after))
        ]  # fmt: skip
    return Line(change.at, who, says, about, told)


def _place(key: Any) -> str:
    node = organisations.get_node(UUID(str(key)))
    return node.name if node else NOTHING


def _specialties(codes: Any) -> str:
    names = dict(list_specialties())
    return " · ".join(names.get(code, code) for code in codes)


def _doctor(key: Any) -> str:
    found = get_cards([UUID(str(key))]).get(UUID(str(key)))
    return found.name if found else NOTHING


def _moment(text: Any) -> str:
    return f"{datetime.fromisoformat(text).astimezone(ZONE):%Y-%m-%d %H:%M}"


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


SHOWS: dict[str, Callable[[Any], Any]] = {
    "parent": _place,
    "kind": lambda value: dict(organisations.KINDS).get(value, value),
    "title": lambda value: dict(TITLES).get(value, value),
    "language": lambda value: dict(settings.LANGUAGES).get(value, value),
    "specialties": _specialties,
    "absence": lambda value: dict(ABSENCES).get(value, value),
    "on_duty": _doctor,
    "from_moment": _moment,
    "until_moment": _moment,
    "asking": _place,
    "answering": _place,
    "fee_fen": _yuan,
    "urgent_fee_fen": _yuan,
    "topics": lambda codes: " · ".join(str(dict(list_topic_choices()).get(code, code)) for code in codes),
    "seats": _specialties,
    "chair": lambda code: _specialties([code]),
    "specialty": lambda code: _specialties([code]),
    "chair_title": lambda value: dict(TITLES).get(value, value),
}
