"""When two records may be one person's, and why. Pure."""

from datetime import date
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huizhen.records.patients.rules import name_key

REASONS: dict[str, Promise] = {
    "number": _("The same document number, registered as another kind of document"),
    "near_number": _("The same name, and identity numbers that differ in two places at most"),
    "phone_name_birth": _("The same name, phone and birth date"),
    "phone_name": _("The same name and phone; the birth dates differ"),
    "phone_birth_sex": _("The same phone, birth date and sex; the names differ"),
    "name_birth_sex": _("The same name, birth date and sex"),
}
NEAR = 2  # places; one wrong digit of an identity number cannot be: its check character would not fit


class Person(Protocol):
    """What is compared, in the forms it is stored in."""

    name: str
    identity_kind: str
    identity_number: str
    phone: str
    birth_on: date
    sex: str


def list_reasons(one: Person, other: Person) -> list[str]:
    """The codes of why these two may be one person, the strongest first; empty when nothing speaks for it.

    Two identity cards that have nothing to do with each other speak against every weaker likeness: a name and a
    birthday are shared by many in a country of this size.
    """
    number = bool(one.identity_number) and one.identity_number == other.identity_number
    name, phone = name_key(one.name) == name_key(other.name), bool(one.phone) and one.phone == other.phone
    birth, sex = one.birth_on == other.birth_on, one.sex == other.sex
    apart = have_cards(one, other) and count_differences(one.identity_number, other.identity_number) > NEAR
    found = {
        "number": number,
        "near_number": name and have_cards(one, other) and not apart and not number,
        "phone_name_birth": name and phone and birth,
        "phone_name": name and phone and not birth and not apart,
        "phone_birth_sex": phone and birth and sex and not name and not apart,
        "name_birth_sex": name and birth and sex and not phone and not apart,
    }
    return [code for code, holds in found.items() if holds]


def have_cards(one: Person, other: Person) -> bool:
    """Whether both were registered with a resident identity card."""
    return one.identity_kind == other.identity_kind == "resident"


def count_differences(one: str, other: str) -> int:
    """In how many places two numbers differ; of different length: in all."""
    if len(one) != len(other):
        return max(len(one), len(other))
    return sum(left != right for left, right in zip(one, other, strict=True))
