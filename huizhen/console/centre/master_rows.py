"""The lists of the centre's master data: what each row says, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from huizhen.consult.contracts import queries as contracts
from huizhen.consult.joint.cosigning_rules import queries as cosigning
from huizhen.consult.joint.findings import queries as opinions
from huizhen.consult.panels import queries as panels
from huizhen.kernel.clock import now
from huizhen.people.credentials.queries import TITLES

FEN = 100


@dataclass(frozen=True)
class Shown:
    """One row: its key, its name, what it says in a line, and a word where it does not count at present."""

    key: str
    title: str
    about: str = ""
    side: str = ""
    off: str = ""


def list_contracts() -> Iterator[Shown]:
    """Who asks whom, until when, at what price, and how far this month's number is used."""
    at = now()
    used, today = contracts.count_used(at), at.date()
    for row in contracts.list_contracts():
        number, spent = used.get(row.pk, (0, 0))
        yield Shown(
            str(row.pk), f"{row.asking.name} → {row.answering.name}", f"{_span(row)} · {_prices(row)}",
            _use(row, number, spent), pgettext("contract", "ended") if row.ends_on and row.ends_on < today else "",
        )  # fmt: skip


def list_panels() -> Iterator[Shown]:
    """Panels with their seats."""
    for row in panels.list_templates(active=False):
        seats = [_named(seat.specialty) for seat in row.seats.all()]
        yield Shown(str(row.pk), _named(row), " · ".join(seats), off="" if row.is_active else _("not offered"))


def list_rules() -> Iterator[Shown]:
    """Rules of departments about their panels."""
    titles = dict(TITLES)
    for row in panels.list_rules():
        parts = [ngettext("at least %(n)s expert", "at least %(n)s experts", row.quorum) % {"n": row.quorum}]
        if row.chair_title:
            parts.append(_("chair at least %(title)s") % {"title": titles.get(row.chair_title, "")})
        if row.chair_of_specialty:
            parts.append(_("chair of this specialty"))
        yield Shown(str(row.pk), _named(row.specialty), " · ".join(parts))


def list_cosigning() -> Iterator[Shown]:
    """Whether all experts of a department sign its reports."""
    for row in cosigning.list_rules():
        says = _("All experts sign the report beside the chair") if row.everybody else _("Who wishes to signs too")
        yield Shown(row.pk, _named(row.specialty), says, off="" if row.everybody else pgettext("rule", "not in force"))


def list_opinions() -> Iterator[Shown]:
    """Opinion templates with how much they ask."""
    for row in opinions.list_all_templates():
        place = _named(row.specialty) if row.specialty else _("All specialties")
        number = len(row.items)
        items = ngettext("%(n)s item", "%(n)s items", number) % {"n": number}
        version = _("version %(n)s") % {"n": row.version}
        yield Shown(row.code, str(row), f"{place} · {items}", version, "" if row.active else _("not offered"))


def _named(row: Any) -> str:
    """In the reader's language, where it has an English name."""
    return str(row.name_en if (get_language() or "").startswith("en") and row.name_en else row.name)


def _span(row: Any) -> str:
    until = date_format(row.ends_on) if row.ends_on else pgettext("contract", "open")
    return f"{date_format(row.starts_on)} – {until}"


def _prices(row: Any) -> str:
    prices = {"fee": f"{row.fee_fen / FEN:.2f}", "urgent": f"{row.urgent_fee_fen / FEN:.2f}"}
    return _("¥%(fee)s, urgent ¥%(urgent)s") % prices


def _use(row: Any, number: int, spent: int) -> str:
    said = {"used": number, "limit": row.monthly_limit, "spent": f"{spent / FEN:.2f}"}
    if row.monthly_limit:
        return _("%(used)s of %(limit)s this month · ¥%(spent)s") % said
    return _("%(used)s this month, no limit · ¥%(spent)s") % said
