"""Answers the question of `people.accounts`: which patients an account is, or stands for."""

from huizhen.people.accounts.queries import set_patient_lookup
from huizhen.records.patients.queries import list_patient_ids


def install() -> None:
    """Answer from here on; called once by `config.wiring`."""
    set_patient_lookup(list_patient_ids)
