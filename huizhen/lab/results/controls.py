"""Whether an instrument's controls hold at a place among what it sent. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

Key = tuple[UUID, int]  # instrument and item


@dataclass(frozen=True)
class Place:
    """One line, as far as controls go. A control has its `material` and whether it gave what it must; a value has
    none. Without a `key` it is neither: a calibration, or of an instrument that nobody knows."""

    key: Key | None
    material: str | None = None
    is_good: bool = True


def hold(places: Sequence[Place], failed: Mapping[Key, Collection[str]]) -> list[bool]:
    """At each place, whether the controls hold: the last one of every material before it was as it should be, and so
    is the next one behind it, as far as it has come. So a control counts for the values after it, and one that fails
    for those since the last good one too. `failed`: the materials whose last control before all these failed."""
    behind = _walk(reversed(places), {})
    return [one and other for one, other in zip(_walk(places, failed), reversed(behind), strict=True)]


def _walk(places: Iterable[Place], failed: Mapping[Key, Collection[str]]) -> list[bool]:
    """At each place, whether no control that was passed last of its material had failed."""
    out = {key: set(materials) for key, materials in failed.items()}
    found = []
    for place in places:
        found.append(place.material is not None or place.key is None or not out.get(place.key))
        if place.key is not None and place.material is not None:
            (set.discard if place.is_good else set.add)(out.setdefault(place.key, set()), place.material)
    return found
