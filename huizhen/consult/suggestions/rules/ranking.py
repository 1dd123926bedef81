"""Ranking experts for a case. A score is a sum of named parts, and each part that counts is a reason one can read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# What each part can add at most; together 100. Fit comes first by far: nobody is asked because they are free.
FIT, EXPERIENCE, PACE, FREE, NEAR, LOAD = 46.0, 20.0, 8.0, 10.0, 8.0, 8.0
FOCUS_SHARE = 0.4  # of EXPERIENCE, where the focus that somebody names for themselves is the topic
MANY_CASES = 200
SLOW, SOON, BUSY = timedelta(hours=24), timedelta(days=7), 6
UNFIT_HALVES = 2  # so many refusals of a specialty as “not my field” halve the fit


@dataclass(frozen=True)
class Candidate:
    """What is known of an expert for this case. `fit`: 0…1 by specialty; `cases`: signed opinions on `topic`;
    `near`: 0…1, nearest 1; `fee`: in fen, where a contract names one; `barred`: why no contract lets
    them be asked."""

    account_id: UUID
    fit: float
    specialty: str = ""
    topic: str = ""
    cases: int = 0
    focus: bool = False
    unfit: int = 0
    answers_in: int | None = None
    near: float = 0.0
    working: int = 0
    week: int = 0
    limit: int = 0
    free_at: datetime | None = None
    away_until: datetime | None = None
    fee: int | None = None
    barred: str = ""

    @property
    def full(self) -> bool:
        """Whether the week's limit is reached."""
        return bool(self.limit) and self.week >= self.limit


@dataclass(frozen=True)
class Reason:
    """One reason by its code, with what its sentence needs. `against`: it speaks against."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)
    against: bool = False


@dataclass(frozen=True)
class Suggestion:
    """An expert with score (0…100) and reasons, the weightiest first."""

    account_id: UUID
    score: float
    reasons: tuple[Reason, ...]
    specialty: str


def rank(candidates: Sequence[Candidate], *, at: datetime) -> list[Suggestion]:
    """The best first; whose week is full, or whom no contract lets be asked, stands after all others."""
    found = [(one.full or bool(one.barred), weigh(one, at=at)) for one in candidates]
    return [made for _full, made in sorted(found, key=lambda pair: (pair[0], -pair[1].score, str(pair[1].account_id)))]


def weigh(one: Candidate, *, at: datetime) -> Suggestion:
    """The score of one expert and why."""
    parts: list[tuple[float, Reason]] = [
        (FIT * one.fit / (1 + one.unfit / UNFIT_HALVES), Reason("specialty", {"code": one.specialty})),
        (EXPERIENCE * experience(one), _experience(one)),
    ]
    if one.answers_in is not None:
        pace = max(0.0, 1 - timedelta(minutes=one.answers_in) / SLOW)
        parts.append((PACE * pace, Reason("answers_in", {"minutes": one.answers_in})))
    if one.away_until and one.away_until > at:
        parts.append((0.0, Reason("away", {"until": one.away_until}, against=True)))
    elif one.free_at:
        wait = max(0.0, 1 - (one.free_at - at) / SOON)
        parts.append((FREE * wait, Reason("free", {"at": one.free_at})))
    parts.append((NEAR * one.near, Reason("near", {"near": one.near})))
    parts.append((LOAD * max(0.0, 1 - one.working / BUSY), _load(one)))
    if one.unfit:
        parts.append((0.0, Reason("unfit", {"times": one.unfit}, against=True)))
    if one.barred:
        parts.append((0.0, Reason(one.barred, against=True)))
    if one.fee is not None:
        parts.append((0.0, Reason("fee", {"fen": one.fee})))
    shown = tuple(reason for _points, reason in sorted(parts, key=lambda part: -part[0]) if reason.code)
    return Suggestion(one.account_id, round(sum(points for points, _reason in parts), 1), shown, one.specialty)


def experience(one: Candidate) -> float:
    """0…1, by the logarithm of the cases: the tenth teaches more than the two-hundredth."""
    counted = min(1.0, math.log1p(one.cases) / math.log1p(MANY_CASES))
    return max(counted, FOCUS_SHARE if one.focus else 0.0)


def _experience(one: Candidate) -> Reason:
    if one.cases:
        return Reason("experience", {"cases": one.cases, "topic": one.topic})
    return Reason("focus", {"topic": one.topic}) if one.focus else Reason("")


def _load(one: Candidate) -> Reason:
    data = {"working": one.working, "week": one.week, "limit": one.limit}
    return Reason("full" if one.full else "load", data, against=one.full)
