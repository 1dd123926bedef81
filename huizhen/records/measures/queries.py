"""Reads of measurements, and what the image says under their points."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from huizhen.kernel.late import Late
from huizhen.records.imaging.facts import Drawn
from huizhen.records.imaging.models import ImagingInstance
from huizhen.records.imaging.queries import get_frame
from huizhen.records.measures.models import Measurement
from huizhen.records.measures.rules import Point, figures_of, lines_of

raw: Any = Late("huizhen.records.imaging.raw")
frames: Any = Late("huizhen.records.imaging.frames")


def channel_of(case_id: UUID) -> str:
    """Where a pulse tells that something was measured in a case; heard by those who see everybody's."""
    return f"case:{case_id}:measures"


def standing(case_id: UUID | None, account_id: UUID | None, *, everybody: bool) -> QuerySet[Measurement]:
    """The measurements of a case, all or one's own, and one's own that belong to no case."""
    own = Q(drawn_by_id=account_id)
    here = Q(case_id=case_id) & (Q() if everybody else own) if case_id else Q(pk=None)
    found = Measurement.objects.filter(here | (Q(case_id=None) & own), removed_at=None)
    return found.select_related("drawn_by").order_by("drawn_at", "id")


def get_figures(instance: ImagingInstance, index: int, kind: str, points: list[Point]) -> dict[str, Any]:
    """What the points measure on this frame, read from the file itself and not from the browser.

    Raises:
        Refused: `measure`. BadImage: the frame cannot be decoded.
    """
    frame = get_frame(instance, index)
    grey = frames.colour(frame) is None
    unit = "HU" if instance.series.modality == "CT" else ""
    return figures_of(kind, points, raw.spacing_of(frame), frames.values(frame) if grey else None, unit)


def drawn(rows: Iterable[Measurement]) -> list[Drawn]:
    """Measurements as they are drawn on a picture."""
    return [Drawn(row.kind, row.content["points"], lines_of(row.content["figures"])) for row in rows]
