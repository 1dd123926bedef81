"""A day's specimens hop by hop, each hop counted in its own table: what was sealed must be received, tested, matched,
released, accepted upstream and visible. What is missing at a hop has its exceptions, and here are their kinds.

Source: domain, sections 1 and 3: reconcile by count at each hop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huizhen.lab.exceptions.queries import count_open_by_kind
from huizhen.lab.reporting.queries import count_reported
from huizhen.lab.results.queries import count_matched, count_released_persons
from huizhen.lab.specimens.queries import count_hops

# Which kinds of exceptions say why something has not come as far as this hop.
KINDS: dict[str, tuple[str, ...]] = {
    "collected": ("wrong_person", "barcode_clash"),
    "boxed": (),
    "received": ("not_received", "box_differs", "box_unknown"),
    "tested": ("not_tested", "instrument_down", "unknown_sender"),
    "matched": ("barcode_unreadable", "barcode_unknown", "not_understood", "run_failed"),
    "released": ("not_reviewed", "implausible", "several_results", "read_otherwise", "control_failed",
                 "not_released", "not_retested"),
    "visible": ("not_visible", "two_records"),
    "accepted": ("not_enlisted", "not_reported", "platform_shut", "not_handed_in", "report_refused"),
}  # fmt: skip


@dataclass(frozen=True)
class Hop:
    """`count` of `of` have come this far: tubes, and at the last two hops persons' results. `open`: exceptions that are
    open about this hop, of any day."""

    name: str
    count: int
    of: int
    kinds: tuple[str, ...]
    open: int

    @property
    def missing(self) -> int:
        """How many have not come this far."""
        return self.of - self.count


def reconcile(laboratory_ids: Sequence[UUID], since: datetime, until: datetime) -> list[Hop]:
    """The hops of specimens collected from `since` to before `until`, wherever they are now."""
    tubes = count_hops(laboratory_ids, since, until)
    tested, matched = count_matched(laboratory_ids, since, until)
    due, accepted = count_reported(laboratory_ids, since, until)
    visible = count_released_persons(laboratory_ids, since, until)
    opened = count_open_by_kind(laboratory_ids)
    counted = {
        "collected": (tubes.collected, tubes.collected), "boxed": (tubes.boxed, tubes.collected),
        "received": (tubes.received, tubes.collected), "tested": (tested, tubes.collected),
        "matched": (matched, tubes.collected), "released": (tubes.released, tubes.collected),
        "visible": (visible, tubes.persons), "accepted": (accepted, due),
    }  # fmt: skip
    return [
        Hop(name, *counts, KINDS[name], sum(opened.get(kind, 0) for kind in KINDS[name]))
        for name, counts in counted.items()
    ]
