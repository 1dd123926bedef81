"""The kinds of notifications: each has its words for every channel in both languages, its ladder and its link.

A message leaves the house over roads that others can read, so its words know only these: the case's number, the name of
its state, a due time, and the name of its flow. `register` refuses any other placeholder. The link stands in no text:
each channel adds it in its own way, and in the inbox the whole entry is the link.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from huizhen.kernel.notify.models import Channel, Urgency

ALLOWED = frozenset({"number", "state", "due", "link", "flow"})
WORDS = ALLOWED - {"link"}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
LADDER = (Channel.SMS, Channel.EMAIL)

Context = Mapping[str, Any]
# For an account: what the inbox alone adds to its notifications, by their keys.
Inside = Callable[[UUID, Collection[str]], Mapping[str, str]]


class UnknownKind(LookupError):
    """Nobody registered this kind of notification."""


class BadTemplate(ValueError):
    """A template uses something else than number, state, due and flow."""


class BadContext(ValueError):
    """A context holds something else than the allowed words, or text where an id is meant."""


@dataclass(frozen=True)
class Kind:
    """One kind. `title` and `body` are lazy translations; `texts` replaces the body on single channels. `inside` finds
    what only the inbox shows, where it is read: it is stored in no notification and leaves on no channel."""

    name: str
    title: Any
    body: Any
    ladder: Mapping[str, tuple[str, ...]]
    link: Callable[[Context], str] | None = None
    texts: Mapping[str, Any] = field(default_factory=dict)
    inside: Inside | None = None


KINDS: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    title: Any,
    body: Any,
    ladder: tuple[str, ...] | Mapping[str, tuple[str, ...]] = LADDER,
    link: Callable[[Context], str] | None = None,
    texts: Mapping[str, Any] | None = None,
    inside: Inside | None = None,
) -> str:
    """Declare a kind of notification and return its name.

    `ladder`: channels beyond the app, tried in order until one succeeds; or one ladder per urgency. `link` makes the
    path of the page from the context; without it the context's own `link` is used. `inside`: see `Kind`.

    Raises:
        BadTemplate: a placeholder that is not allowed. ValueError: an unknown channel, or declared twice, differently.
    """
    ladders = ladder if isinstance(ladder, Mapping) else dict.fromkeys(Urgency.values, tuple(ladder))
    for channel in {channel for rungs in ladders.values() for channel in rungs} | set(texts or {}):
        Channel(channel)
    for template in (title, body, *(texts or {}).values()):
        check_template(str(template))
    known = KINDS.get(kind)
    # A module that is imported again after a failed import says the same again; two features must not share a name.
    if known and (str(known.title), str(known.body)) != (str(title), str(body)):
        raise ValueError(f"{kind} is registered twice, differently")
    rungs = {**dict.fromkeys(Urgency.values, ()), **ladders}
    KINDS[kind] = Kind(kind, title, body, rungs, link, dict(texts or {}), inside)
    return kind


def get_kind(name: str) -> Kind:
    """The kind of this name.

    Raises:
        UnknownKind: nobody registered it.
    """
    if name not in KINDS:
        raise UnknownKind(name)
    return KINDS[name]


def check_template(text: str) -> None:
    """Whether a template's words may leave the house.

    Raises:
        BadTemplate: a placeholder that is not allowed, or a `%` that is none.
    """
    bare = text.replace("%%", "")
    strange = set(PLACEHOLDER.findall(bare)) - WORDS
    if strange or "%" in PLACEHOLDER.sub("", bare):
        raise BadTemplate(f"{', '.join(sorted(strange)) or 'a stray %'} in {text!r}")
