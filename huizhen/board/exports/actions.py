"""Taking figures out of the house: possible for few, and always noted."""

from collections.abc import Sequence
from datetime import datetime

from huizhen.board.exports.workbook import Sheet, write_workbook
from huizhen.board.overview.access import EXPORT, access_figures
from huizhen.kernel import audit
from huizhen.kernel.access import Actor


def export_figures(actor: Actor, sheets: Sequence[Sheet], *, about: str, at: datetime) -> bytes:
    """The figures as a workbook; the audit keeps who took what.

    Raises:
        NotAllowed: the actor may see figures, but not take them out.
    """
    reach = access_figures(actor, to=EXPORT)
    made = write_workbook(sheets, about=about)
    audit.record(
        actor, "board.figures.exported", subject_kind="figures", subject_id=about, organisation_id=reach.places[0],
        data={"rows": sum(len(sheet.rows) for sheet in sheets), "sheets": len(sheets)}, at=at,
    )  # fmt: skip
    return made
