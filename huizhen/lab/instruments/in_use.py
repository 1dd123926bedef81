"""Which profile an instrument is read by: the own version of the nearest organisation, from where the instrument stands
up the tree, else the profile that comes with the product. No version holds outside its owner's part of the tree."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from huizhen.lab.instruments.models import Instrument, ProfileVersion
from huizhen.lab.instruments.profile import Profile, own_profile, shipped, shipped_names, shipped_text
from huizhen.people.organisations.queries import below, list_path

Key = tuple[UUID, str]  # where an instrument stands, and the name of its profile


class Own(NamedTuple):
    """The newest version that an organisation has of its own."""

    owner: UUID
    text: str


class InUse:
    """The profiles in use for some instruments: found in one statement, however many they are, and parsed when first
    asked for. What it was not told of beforehand it finds one by one."""

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self._own: dict[Key, Own | None] = {}
        self.learn(map(_key, instruments))

    def learn(self, keys: Iterable[Key]) -> None:
        """Find what holds for these, where it is not known yet."""
        fresh = set(keys) - self._own.keys()
        if not fresh:
            return
        paths = {place: path_of(place) for place, _name in fresh}
        found = _newest({name for _place, name in fresh}, {step for path in paths.values() for step in path})
        for place, name in fresh:
            steps = (found[step, name] for step in paths[place] if (step, name) in found)
            self._own[place, name] = next(steps, None)

    def of(self, instrument: Instrument) -> Profile | None:
        """What this instrument is read by."""
        return self.at(*_key(instrument))

    def at(self, place: UUID, name: str) -> Profile | None:
        """What an instrument of this place is read by that names this profile."""
        own = self._own_at(place, name)
        return _parsed(own.text, own.owner) if own else shipped(name)

    def text_at(self, place: UUID, name: str) -> str:
        """The text of it; empty where there is none of this name."""
        own = self._own_at(place, name)
        return own.text if own else shipped_text(name)

    def _own_at(self, place: UUID, name: str) -> Own | None:
        self.learn([(place, name)])
        return self._own[place, name]


def get_profile(instrument: Instrument) -> Profile | None:
    """What an instrument is read by."""
    return InUse([instrument]).of(instrument)


def next_text(instrument: Instrument) -> str:
    """The text of the profile in use with the next version's number, ready to be changed; empty where there is none."""
    found = InUse([instrument])
    current, text = found.of(instrument), found.text_at(*_key(instrument))
    return re.sub(r"(?m)^version\s*=.*$", f"version = {current.version + 1}", text, count=1) if current else text


def list_choices(places: Iterable[UUID]) -> list[tuple[str, str]]:
    """The profiles that instruments of these places can name, by name and title: those that come with the product, and
    own ones that hold there. A title is that of the first place where there is such a profile."""
    wanted = list(places)
    paths = {step for place in wanted for step in path_of(place)}
    own = ProfileVersion.objects.filter(organisation_id__in=paths).values_list("name", flat=True).distinct()
    names, found = {*shipped_names(), *own}, InUse()
    found.learn((place, name) for place in wanted for name in names)
    firsts = ((name, next(filter(None, (found.at(place, name) for place in wanted)), None)) for name in names)
    return sorted(((name, one.title) for name, one in firsts if one), key=lambda one: one[1])


def list_holders(instrument: Instrument) -> list[UUID]:
    """The organisations a version can belong to that is to hold for this instrument: from where it stands up to the one
    whose version is in use, the nearest first. Above that, another would be nearer."""
    path, current = path_of(instrument.organisation_id), get_profile(instrument)
    return path[: path.index(current.owner) + 1] if current and current.owner else path


def count_read_by(owner: UUID, name: str) -> int:
    """For how many instruments in use a version of this organisation holds, or would hold."""
    own = set(ProfileVersion.objects.filter(name=name).values_list("organisation_id", flat=True).distinct()) - {owner}
    rows = Instrument.objects.filter(organisation_id__in=below(owner), profile=name, is_active=True)
    paths = [path_of(place) for place in rows.values_list("organisation_id", flat=True)]
    return sum(not own.intersection(path[: path.index(owner)]) for path in paths)


def path_of(place: UUID) -> list[UUID]:
    """From a place up to the top of its tree; the place alone where the tree does not know it."""
    return [node.id for node in reversed(list_path(place))] or [place]


def _key(instrument: Instrument) -> Key:
    return instrument.organisation_id, instrument.profile


def _newest(names: Iterable[str], places: Iterable[UUID]) -> dict[Key, Own]:
    rows = ProfileVersion.objects.filter(name__in=list(names), organisation_id__in=list(places))
    newest = rows.order_by("organisation_id", "name", "-version").distinct("organisation_id", "name")
    return {(row.organisation_id, row.name): Own(row.organisation_id, row.text) for row in newest}


@lru_cache(maxsize=1024)
def _parsed(text: str, owner: UUID) -> Profile:
    return own_profile(text, owner)
