"""Which contract counts, and whether it leaves room: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from huizhen.kernel.calendar.working import ZONE


@dataclass(frozen=True)
class Paper:
    """A contract as far as a decision needs it; `left`: consultations left this month, nothing where unlimited."""

    id: UUID
    asking: UUID
    answering: UUID
    fee_fen: int
    urgent_fee_fen: int
    left: int | None = None


@dataclass(frozen=True)
class Terms:
    """What holds between an asking organisation and one that answers. `why` it is refused: `no_contract` or
    `contract_full`; empty where it may be asked. `fee_fen` is nothing where no contract is needed."""

    paper: Paper | None = None
    fee_fen: int | None = None
    why: str = ""


def terms(
    papers: Iterable[Paper], asking: Sequence[UUID], answering: Sequence[UUID], *, own: Sequence[UUID], urgent: bool
) -> Terms:
    """The terms between two organisations, each given by its path from the root down.

    Within one's `own` (the hospital or group one belongs to) nobody needs a contract. Where the asking side has no
    contract with anybody it may ask everybody; once it has one, only those it has contracts with. The contract between
    the nearest organisations counts.
    """
    if set(own) & set(answering):
        return Terms()
    mine = [paper for paper in papers if paper.asking in asking]
    if not mine:
        return Terms()
    fitting = [paper for paper in mine if paper.answering in answering]
    if not fitting:
        return Terms(why="no_contract")
    best = max(fitting, key=lambda paper: (answering.index(paper.answering), asking.index(paper.asking)))
    fee = best.urgent_fee_fen if urgent else best.fee_fen
    return Terms(best, fee, "contract_full" if best.left is not None and best.left <= 0 else "")


def month_of(at: datetime) -> date:
    """The first day of the local month."""
    return at.astimezone(ZONE).date().replace(day=1)
