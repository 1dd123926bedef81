"""A list of persons (Excel or CSV) registered before they come: good rows are taken, each bad one is named."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from huizhen.kernel.access import Actor
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import roster
from huizhen.lab.specimens.actions.collect import find_or_register
from huizhen.lab.specimens.models import Site
from huizhen.records.patients import queries as patients


@dataclass
class Outcome:
    """What became of a list: how many persons were new, how many known, and per row (as Excel counts) its errors."""

    new: int = 0
    known: int = 0
    errors: dict[int, dict[str, str]] = field(default_factory=dict)


def check_list(site: Site, data: bytes, name: str, *, actor: Actor, at: datetime) -> Outcome:
    """What `upload_list` would do with a list, by doing it and taking all of it back.

    Raises:
        Refused, NotAllowed: as `upload_list`.
    """
    with transaction.atomic():
        outcome = upload_list(site, data, name, actor=actor, at=at)
        transaction.set_rollback(True)
    return outcome


def upload_list(site: Site, data: bytes, name: str, *, actor: Actor, at: datetime) -> Outcome:
    """Register the persons of a list at a site's organisation. The same list again registers nobody twice.

    Raises:
        Refused: `file`: it cannot be read, or does not say which column is what. NotAllowed.
    """
    outcome = Outcome()
    for number, entry in roster.read_list(data, name):
        is_known = patients.get_by_identity(entry.kind, entry.number) is not None
        try:
            with transaction.atomic():
                find_or_register(site.organisation_id, entry, actor=actor, at=at)
        except Refused as error:
            outcome.errors[number] = error.errors
            continue
        outcome.known += is_known
        outcome.new += not is_known
    return outcome
