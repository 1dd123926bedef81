"""A doctor in one line, as others see one: name, title, department, hospital. And who is fit to be asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from huizhen.people.credentials.models import Practitioner
from huizhen.people.organisations import tree


@dataclass(frozen=True)
class Card:
    """What a doctor's name carries on a page or a paper."""

    account_id: UUID
    name: str
    title: Any
    department: str
    hospital: str
    focus: str

    @property
    def place(self) -> str:
        """Hospital and department, as far as they are known."""
        return " · ".join(part for part in (self.hospital, self.department) if part)

    @property
    def line(self) -> str:
        """What stands beside the name: title and place, as far as they are known."""
        return " · ".join(part for part in (str(self.title), self.place) if part)


def get_cards(account_ids: Iterable[UUID]) -> dict[UUID, Card]:
    """The cards of doctors by account; who is no practitioner is missing. One query."""
    found = Practitioner.objects.filter(account_id__in=list(account_ids)).select_related("account")
    return {doctor.account_id: _card(doctor) for doctor in found}


def list_fit(account_ids: Iterable[UUID], *, on: date) -> set[UUID]:
    """Those of these accounts who may be asked on a day: active, taking consultations, licence in force."""
    in_force = (Q(licence_valid_from=None) | Q(licence_valid_from__lte=on)) & (
        Q(licence_valid_until=None) | Q(licence_valid_until__gte=on)
    )
    fit = Practitioner.objects.filter(
        in_force, account_id__in=list(account_ids), accepting=True, account__is_active=True
    )
    return set(fit.values_list("account_id", flat=True))


def hold_limits(account_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many consultations a week these doctors take (0: no limit), by account. Their rows are locked, always in the
    same order, until the caller's transaction ends."""
    rows = Practitioner.objects.filter(account_id__in=list(account_ids)).order_by("pk")
    return dict(rows.select_for_update(no_key=True).values_list("account_id", "weekly_limit"))


def get_place(account_id: UUID) -> UUID:
    """The organisation a doctor practises at. The account must be a practitioner's."""
    place: UUID = Practitioner.objects.values_list("organisation_id", flat=True).get(account_id=account_id)
    return place


def get_standing(account_id: UUID) -> tuple[str, set[str]]:
    """A doctor's title as its code, and the codes of their specialties; empty for who is no practitioner."""
    doctor = Practitioner.objects.filter(account_id=account_id).first()
    return (doctor.title, set(doctor.specialties.values_list("code", flat=True))) if doctor else ("", set())


def _card(doctor: Practitioner) -> Card:
    nodes = tree.current().nodes
    path = nodes[doctor.organisation_id].path if doctor.organisation_id in nodes else ()
    names = {nodes[step].kind: nodes[step].name for step in path}
    return Card(
        doctor.account_id,
        str(doctor.account),
        doctor.get_title_display(),
        names.get("department", ""),
        names.get("hospital") or names.get("clinic") or names.get("group", ""),
        doctor.subspecialty,
    )
