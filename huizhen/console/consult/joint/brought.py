"""What uploads came to: images that are still being read in, those that came, and each file that was not added, by its
name and with the reason. And the boxes with which one chooses among what lies in the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from huizhen.console.consult.joint.material import keys
from huizhen.records.imaging.queries import list_problems
from huizhen.records.imaging.rules import PROBLEMS

MOST_NAMED = 50


@dataclass(frozen=True)
class Ended:
    """An import that is over: how many images are new, how many were there before, and the files that were not added
    as {name, why}; `more` further ones stand on its own page `href`."""

    kept: int
    known: int
    problems: list[dict[str, Any]]
    more: int
    href: str


def sort_runs(runs: Iterable[Any]) -> dict[str, list[Any]]:
    """Imports as `running` and `ended`, in their order."""
    known = list(runs)
    return {
        "running": [run for run in known if run.ended_at is None],
        "ended": [_ended(run) for run in known if run.ended_at is not None],
    }


def _ended(run: Any) -> Ended:
    problems = list_problems(run.id)
    named = [
        {"name": one.name, "why": PROBLEMS.get(one.code, PROBLEMS["damaged"])}
        for one in problems
        if one.code != "duplicate"  # the image itself is there
    ]
    more = max(0, len(named) - MOST_NAMED)
    return Ended(run.kept, run.known, named[:MOST_NAMED], more, reverse("import", args=[run.id]))


@dataclass(frozen=True)
class Ticks:
    """Which boxes are ticked, and which stood on the page when it was sent: of those a missing tick is an answer."""

    ticked: frozenset[UUID] = frozenset()
    shown: frozenset[UUID] = frozenset()

    @classmethod
    def read(cls, sent: QueryDict) -> Self:
        """The boxes as a form carries them."""
        both = [*sent.getlist("have_document"), *sent.getlist("have_study")]
        return cls(frozenset(keys(both)), frozenset(keys(sent.getlist("shown"))))

    @classmethod
    def of_draft(cls, content: Mapping[str, Any]) -> Self:
        """The boxes as a draft keeps them."""
        both = [*content.get("documents", ()), *content.get("studies", ())]
        return cls(frozenset(keys(both)), frozenset(keys(content.get("left_out", ()))))

    def has(self, key: UUID, *, brought: bool) -> bool:
        """Whether this one is chosen; what was just `brought` is, until somebody takes the tick away."""
        return key in self.ticked or (brought and key not in self.shown)

    @property
    def left_out(self) -> list[str]:
        """What stood there without a tick, as a draft keeps it."""
        return sorted(map(str, self.shown - self.ticked))
