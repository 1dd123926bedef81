"""What tells people of one name apart where one of them is chosen: numbers masked, as in every list."""

from typing import Any

from django.utils.translation import gettext as _

from huizhen.console.days import day
from huizhen.records.patients.rules import mask_number, mask_phone


def tell_apart(patient: Any) -> str:
    """Birth date, document number and phone, as far as they are known."""
    said = [
        (_("born %(day)s"), "day", day(patient.birth_on)),
        (_("ID %(number)s"), "number", mask_number(patient.identity_number)),
        (_("phone %(number)s"), "number", mask_phone(patient.phone) if patient.phone else ""),
    ]
    return " · ".join(words % {name: value} for words, name, value in said if value)
