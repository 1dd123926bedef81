"""Reading stored messages by a changed profile, and showing what would change, before anything does."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from huizhen.lab.instruments.models import RawMessage
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.reading import differences, read
from huizhen.lab.instruments.readings import Reading

REPLAYED = 50  # the newest messages that a change is tried on


@dataclass(frozen=True)
class Change:
    """What one message would say otherwise: pairs of old and new reading, problems that would go or come."""

    message_id: UUID
    pairs: tuple[tuple[Reading | None, Reading | None], ...]
    solved: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Replayed:
    """How many messages were tried, and those that would be read otherwise. `seen` names what was looked at: who puts
    the change into use hands it in."""

    count: int
    changes: tuple[Change, ...]
    seen: str = ""


def name_seen(messages: Sequence[RawMessage], before: Profile | None, text: str, owner: UUID) -> str:
    """What names a preview: its newest message, and a digest of the text that was tried, of the organisation it is to
    belong to, of the version in use, and of the messages it was tried on."""
    newest = str(max((one.id for one in messages), default=""))
    told = (f"{one.id} {bytes(one.digest).hex()}" for one in messages)
    known = [text, str(owner), before.read_as if before else "", *told]
    return f"{newest}:{hashlib.sha256(chr(0).join(known).encode()).hexdigest()}"


def sorts_of(changes: Iterable[Change]) -> set[tuple[str, ...]]:
    """In what ways messages would be read otherwise, without what they say: a reading gone, new, or which of its parts
    differ; a problem gone or new."""
    return {sort for change in changes for sort in _sorts(change)}


def _sorts(change: Change) -> set[tuple[str, ...]]:
    sorts: set[tuple[str, ...]] = {("solved", code) for code in change.solved}
    sorts |= {("new", code) for code in change.new}
    for old, new in change.pairs:
        if old is None or new is None:
            there = old or new
            sorts.add(("gone" if new is None else "added", there.kind if there else "", there.status if there else ""))
        else:
            sorts.add(tuple(one.name for one in fields(Reading) if getattr(old, one.name) != getattr(new, one.name)))
    return sorts


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
