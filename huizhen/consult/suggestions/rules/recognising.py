"""Recognising the specialty of a text: complement naive Bayes over tokens. Small, explainable, trained in a moment.

The weight of a token for a specialty is how much rarer it is everywhere else (Rennie and others, 2003: complement
classes bear unequal amounts of material best). A text's score is the mean weight of its tokens; the tokens that weighed
most are the explanation.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from huizhen.consult.suggestions.rules.words import count

SMOOTHING = 0.15
SHOWN_WORDS = 5
SHARPNESS = 1.25  # so that the mean belief in the first guess is about its accuracy


@dataclass(frozen=True)
class Lesson:
    """A text whose specialty is known. `weight`: how much it counts beside others. `person`: whose case it is from, as
    any key; the lessons of one person's cases are one when rarity is counted. None for a lesson from nobody's case."""

    specialty: str
    text: str
    weight: float = 1.0
    person: Hashable = None


@dataclass(frozen=True)
class Guess:
    """A specialty with its share of belief (all shares sum to 1), and the words of the text that spoke for it."""

    specialty: str
    share: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """Weights by token and specialty, and what a specialty weighs before anything is read."""

    specialties: tuple[str, ...]
    weights: Mapping[str, Mapping[str, float]]

    def guess(self, text: str, *, most: int = 5) -> list[Guess]:
        """The likeliest specialties, best first; nothing where no token of the text is known."""
        found = {word: times for word, times in count(text).items() if word in self.weights}
        if not found:
            return []
        scores: dict[str, float] = dict.fromkeys(self.specialties, 0.0)
        for word, times in found.items():
            for specialty, weight in self.weights[word].items():
                scores[specialty] += weight * times
        return self._ranked(scores, found, most)

    def _ranked(self, scores: dict[str, float], found: Mapping[str, int], most: int) -> list[Guess]:
        size = sum(found.values())
        top = max(scores.values())
        shares = {key: math.exp(SHARPNESS * (score - top) / math.sqrt(size)) for key, score in scores.items()}
        total = sum(shares.values())
        best = sorted(scores, key=lambda key: -scores[key])[:most]
        return [Guess(key, shares[key] / total, self._words(key, found)) for key in best]

    def _words(self, specialty: str, found: Mapping[str, int]) -> tuple[str, ...]:
        spoke = {word: self.weights[word].get(specialty, 0.0) for word in found if not word.startswith("·")}
        return tuple(sorted((word for word in spoke if spoke[word] > 0), key=lambda word: -spoke[word])[:SHOWN_WORDS])


Counts = dict[str, Counter[str]]


def gather(lessons: Iterable[Lesson], *, rarest: int = 1) -> Counts:
    """Count the tokens of lessons by specialty. A token of fewer than `rarest` persons is left out: with an
    institution's own cases that keeps names and whatever else belongs to one patient out, however many specialties
    signed a case, and however many cases a patient has. A lesson from nobody's case counts by itself."""
    found: Counts = defaultdict(Counter)
    persons: dict[str, set[Hashable]] = defaultdict(set)
    for number, lesson in enumerate(lessons):
        whose = ("lesson", number) if lesson.person is None else ("person", lesson.person)
        for word, times in count(lesson.text).items():
            persons[word].add(whose)
            found[lesson.specialty][word] += times * lesson.weight  # type: ignore[assignment]  # weights are fractions
    return {
        key: Counter({word: n for word, n in counts.items() if len(persons[word]) >= rarest})
        for key, counts in found.items()
    }


def train(*learnt: Mapping[str, Mapping[str, float]]) -> Model:
    """A model of everything that was gathered."""
    together: Counts = defaultdict(Counter)
    for counts in learnt:
        for specialty, tokens in counts.items():
            together[specialty].update(tokens)  # type: ignore[arg-type]  # weights are fractions
    return Model(tuple(sorted(together)), _weigh(together))


@dataclass(frozen=True)
class Score:
    """How well a way of recognising does: shares of samples whose right specialty stands first, whose first is right or
    acceptable, and whose right one is among the first three."""

    top_1: float
    fits: float
    top_3: float


def score(guess: Callable[[str], Sequence[str]], samples: Sequence[tuple[str, frozenset[str], str]]) -> Score:
    """Measure against samples of (right, acceptable ones, text)."""
    first = fits = third = 0
    for right, acceptable, text in samples:
        found = list(guess(text))[:3]
        first += found[:1] == [right]
        fits += bool(found) and found[0] in acceptable
        third += right in found
    size = max(1, len(samples))
    return Score(first / size, fits / size, third / size)


def by_keywords(words: Mapping[str, Iterable[str]]) -> Callable[[str], list[str]]:
    """The plain way, to compare with: a specialty's score is how many of its keywords stand in the text."""

    def guess(text: str) -> list[str]:
        found = {specialty: sum(word in text for word in given) for specialty, given in words.items()}
        return sorted((key for key, times in found.items() if times), key=lambda key: -found[key])

    return guess


def find_topics(
    text: str, words: Mapping[str, Sequence[str]], *, homes: Mapping[str, str], near: Sequence[str], most: int = 3
) -> list[str]:
    """The topics a text is about, best first: longer words say more. One word alone is enough only where the topic's
    own specialty (`homes`) is among those recognised (`near`)."""
    low, found = text.lower(), {}
    for code, given in words.items():
        hits = [word for word in given if word.lower() in low]
        at_home = homes[code] in near
        if len(hits) > 1 or (hits and at_home):
            found[code] = sum(len(word) for word in hits) * (2 if at_home else 1)
    return sorted(found, key=lambda code: -found[code])[:most]


def _weigh(tokens: Mapping[str, Counter[str]]) -> dict[str, dict[str, float]]:
    whole: Counter[str] = Counter()
    for counts in tokens.values():
        whole.update(counts)
    size, kinds = whole.total(), len(whole)
    totals = {specialty: counts.total() for specialty, counts in tokens.items()}
    weights: dict[str, dict[str, float]] = {}
    for word, everywhere in whole.items():
        row = {}
        for specialty, counts in tokens.items():
            elsewhere = (everywhere - counts[word] + SMOOTHING) / (size - totals[specialty] + SMOOTHING * kinds)
            own = (counts[word] + SMOOTHING) / (totals[specialty] + SMOOTHING * kinds)
            row[specialty] = math.log(own / elsewhere)
        middle = sum(row.values()) / len(row)
        weights[word] = {key: weight - middle for key, weight in row.items()}
    return weights
