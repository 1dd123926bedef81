"""The material that ships with the product, written for it: topics with their words, example texts, and the evaluation.

The evaluation is never trained on; it is what `make bench` and retraining are measured by.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from huizhen.consult.suggestions.rules.recognising import Lesson

DATA = Path(__file__).parent / "data"
FURTHER = 0.35  # what a topic's words say about the specialties it names after its own


@dataclass(frozen=True)
class Topic:
    """What cases are often about: a stable code, names, specialties (its own first), and words that give it away."""

    code: str
    name: str
    name_en: str
    specialties: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """One case of the evaluation: the right specialty, and others that would do."""

    right: str
    acceptable: frozenset[str]
    text: str


@cache
def topics() -> dict[str, Topic]:
    """All topics by code."""
    with (DATA / "topics.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {
        row["code"]: Topic(
            row["code"], row["name"], row["name_en"], tuple(row["specialties"].split()), tuple(row["words"].split())
        )
        for row in rows
    }


def lessons() -> list[Lesson]:
    """What the recogniser learns from before it has seen an institution's own cases."""
    found = [
        Lesson(specialty, f"{topic.name} {' '.join(topic.words)}", 1.0 if place == 0 else FURTHER)
        for topic in topics().values()
        for place, specialty in enumerate(topic.specialties)
    ]
    return found + [Lesson(specialty, text) for specialty, text in _rows("examples.psv")]


def samples() -> list[Sample]:
    """The evaluation: case summaries with the right specialty."""
    return [
        Sample(right, frozenset(acceptable.split()) | {right}, f"{question} {summary}")
        for right, acceptable, question, summary in _rows("evaluation.psv")
    ]


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("|") for line in lines if line]
