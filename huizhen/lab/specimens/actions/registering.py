"""Registering the persons of a list, many at once: what `find_or_register` does for each, with a few statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import rules
from huizhen.lab.specimens.actions.collect import find_or_register, new_person
from huizhen.lab.specimens.rules import Entry
from huizhen.records.patients import queries as patients
from huizhen.records.patients.actions import register_patients
from huizhen.records.patients.models import Patient
from huizhen.records.refused import Refused as RecordsRefused


class Registered(NamedTuple):
    """What became of one row: whether somebody had the document already, or the fields that are wrong."""

    is_known: bool = False
    errors: dict[str, str] | None = None


def find_or_register_all(
    organisation_id: UUID, entries: Sequence[Entry], *, actor: Actor, at: datetime
) -> list[Registered]:
    """Register who of these is not there yet, in the caller's transaction; what became of each, in order. The second
    of two rows with one document is known. Raises NotAllowed."""
    indexes = [None if one.code else patients.index_identity(one.kind, one.number) for one in entries]
    known = patients.list_taken({index for index in indexes if index})
    fresh: list[Patient] = []
    outcomes: list[Registered] = []
    for entry, index in zip(entries, indexes, strict=True):
        if index in known:
            outcomes.append(Registered(is_known=True))
            continue
        try:
            if entry.code:
                _check_code(entry.code)
            else:
                fresh.append(new_person(organisation_id, entry, actor=actor, at=at))
        except (Refused, RecordsRefused) as error:
            outcomes.append(Registered(errors=error.errors))
            continue
        outcomes.append(Registered(is_known=bool(entry.code)))
        known |= {index} if index else set()
    try:
        register_patients(fresh, organisation_id=organisation_id, actor=actor, at=at)
    except RecordsRefused:  # somebody else has registered one of them meanwhile
        return [_one_by_one(organisation_id, entry, actor, at) for entry in entries]
    return outcomes


def _check_code(code: str) -> None:
    if patients.get_patient(rules.read_code(code)) is None:
        raise Refused({"code": "unknown_code"})


def _one_by_one(organisation_id: UUID, entry: Entry, actor: Actor, at: datetime) -> Registered:
    is_known = bool(entry.code) or patients.get_by_identity(entry.kind, entry.number) is not None
    try:
        find_or_register(organisation_id, entry, actor=actor, at=at)
    except Refused as error:
        return Registered(errors=error.errors)
    return Registered(is_known)
