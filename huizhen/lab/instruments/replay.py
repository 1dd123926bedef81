"""Reading stored messages by a changed profile, and showing what would change, before anything does."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from huizhen.lab.instruments.models import RawMessage
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.reading import differences, read
from huizhen.lab.instruments.readings import Reading


@dataclass(frozen=True)
class Change:
    """What one message would say otherwise: pairs of old and new reading, problems that would go or come."""

    message_id: UUID
    pairs: tuple[tuple[Reading | None, Reading | None], ...]
    solved: tuple[str, ...]
    new: tuple[str, ...]


def compare(messages: Iterable[RawMessage], before: Profile, after: Profile) -> list[Change]:
    """The messages that would be read otherwise. Writes nothing. The caller has checked access to each."""
    found = []
    for message in messages:
        old, new = read(message.payload, before), read(message.payload, after)
        pairs = tuple(differences(old, new))
        solved = tuple(one for one in old.problems if one not in new.problems)
        fresh = tuple(one for one in new.problems if one not in old.problems)
        if pairs or solved or fresh:
            found.append(Change(message.id, pairs, solved, fresh))
    return found
