"""A message that was read anew and does not say any more what it said: nobody may keep that value unseen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from huizhen.kernel import outbox
from huizhen.lab.catalogue.queries import Catalogue, load_catalogue
from huizhen.lab.instruments.readings import Kind, Reading, Status
from huizhen.lab.results.models import Finding, Observation, Unsaid
from huizhen.lab.results.models import Status as Stands

SHOWN = 5
# What a message says: the profile that read it, and its readings.
Said = tuple[str, Sequence[Reading]]


def note_unsaid(said: Mapping[UUID, Said], before: Mapping[UUID, int], *, at: datetime) -> int:
    """Note, in the caller's transaction, which values of these messages they do not say any more; how many. `before`:
    how many places of each message had been taken when it was read anew. Emits `lab.results.troubled`.

    Another value of the same item and tube is none of them: it is a version of its own, in review.
    """
    standing = [row for row in _list_standing(list(said)) if row.message_id and row.ordinal < before[row.message_id]]
    catalogue = load_catalogue()
    spoken = {key: _keys(one, catalogue) for key, one in said.items()}
    gone = [row for row in standing if row.message_id and (row.tube.barcode, row.item_id) not in spoken[row.message_id]]
    still = {row.id for row in standing} - {row.id for row in gone}
    Unsaid.objects.filter(observation_id__in=still, settled_at=None).update(settled_at=at)
    if gone:
        known = {(row.message_id, row.tube.barcode, row.item_id) for row in standing}
        made = [Unsaid(observation=row, says=_instead(row, said, known, catalogue), at=at) for row in gone]
        Unsaid.objects.bulk_create(made, ignore_conflicts=True)
        outbox.emit("lab.results.troubled", at=at.isoformat())
    return len(gone)


def _list_standing(message_ids: Sequence[UUID]) -> list[Observation]:
    """The observations of these messages that count, or may come to count, in the latest version of their series."""
    newer = Observation.objects.filter(series=OuterRef("series"), version__gt=OuterRef("version"))
    found = Observation.objects.filter(~Exists(newer), message_id__in=message_ids).exclude(status=Stands.REJECTED)
    return list(found.exclude(finding=Finding.WITHDRAWN).select_related("tube").order_by("id"))


def _item(source: str, reading: Reading, catalogue: Catalogue) -> int | None:
    found = catalogue.find(source, reading.test)
    return found[0].id if found else None


def _keys(said: Said, catalogue: Catalogue) -> set[tuple[str, int | None]]:
    """Specimen and item of each value that a message gives a patient."""
    source, readings = said
    return {
        (one.specimen, _item(source, one, catalogue))
        for one in readings
        if one.kind is Kind.PATIENT and one.status is not Status.FAILED
    }


def _instead(
    row: Observation, said: Mapping[UUID, Said], known: set[tuple[UUID | None, str, int]], catalogue: Catalogue
) -> list[str]:
    """What the message says now of this item, or of this specimen, and did not say before."""
    source, readings = said[row.message_id] if row.message_id else ("", ())
    found = []
    for one in readings:
        item = _item(source, one, catalogue)
        is_about = item == row.item_id or one.specimen == row.tube.barcode
        if is_about and (row.message_id, one.specimen, item) not in known:
            kind = "" if one.kind is Kind.PATIENT else f" ({one.kind})"
            found.append(f"{one.specimen or '–'} · {one.test}{kind}"[:200])
    return found[:SHOWN]
