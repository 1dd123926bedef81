"""The safe repairs, in the caller's transaction: another barcode, a label bound anew, rows that were missing, two
records of one person joined."""

from datetime import datetime
from typing import Any
from uuid import UUID

from huizhen.kernel.access import Actor
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.exceptions.rules import NAMED
from huizhen.lab.refused import Refused
from huizhen.lab.results.actions import retry_held, show_again
from huizhen.lab.specimens.actions import rebind_tube, settle_clash
from huizhen.lab.specimens.queries import get_tube, list_testable
from huizhen.lab.specimens.rules import BARCODE, plain_barcode
from huizhen.records.merging.actions import merge_patients
from huizhen.records.merging.queries import get_likeness

LONGEST_NOTE = 500


def check_barcode(repair: str, trouble: Trouble, barcode: str) -> str:
    """The barcode a repair needs, in its plain form: a new one for a clash, a registered tube's for a label bound
    anew. A tube of another laboratory does not exist here.

    Raises:
        Refused: `barcode`.
    """
    plain = plain_barcode(barcode)
    if not BARCODE.fullmatch(plain):
        raise Refused({"barcode": "barcode_shape"})
    tube = get_tube(plain)
    if repair == "new_barcode" and tube is not None:
        raise Refused({"barcode": "barcode_taken"})
    if repair == "rebind":
        if tube is None or tube.laboratory_id != trouble.laboratory_id:
            raise Refused({"barcode": "unknown_choice"})
        if tube.tested_at is not None:
            raise Refused({"barcode": "released_already"})
    return plain


def check_asked(trouble: Trouble, barcode: str, known: list[str]) -> list[str]:
    """The specimens to ask an instrument for: the tube whose label somebody has read, else what is known.

    Raises:
        Refused: `barcode`, `repair: not_repairable`.
    """
    plain = plain_barcode(barcode)
    if plain and trouble.kind in NAMED:
        if not list_testable(trouble.laboratory_id, [plain]):
            raise Refused({"barcode": "unknown_choice"})
        return [plain]
    if not known:
        raise Refused({"barcode": "missing"} if trouble.kind in NAMED else {"repair": "not_repairable"})
    return known


def check_pair(trouble: Trouble, survivor: UUID | None, note: str) -> dict[str, Any]:
    """Which record remains, which is joined to it, and how somebody knows that they are one person's.

    Raises:
        Refused: `survivor`, `note`.
    """
    pair = get_likeness(trouble.reference) if trouble.reference else None
    if pair is None or survivor not in (pair.first_id, pair.second_id):
        raise Refused({"survivor": "unknown_choice"})
    if not note.strip():
        raise Refused({"note": "missing"})
    replaced = pair.second_id if survivor == pair.first_id else pair.first_id
    return {"survivor": str(survivor), "replaced": str(replaced), "note": note.strip()[:LONGEST_NOTE]}


def join(trouble: Trouble, *, actor: Actor, at: datetime) -> None:
    """Join the two records as proposed; `trouble.repair` then names the merge, by which it can be taken back."""
    pair = get_likeness(trouble.reference) if trouble.reference else None
    if pair is None:
        raise Refused({"survivor": "unknown_choice"})
    people = {str(one.id): one for one in (pair.first, pair.second)}
    merge = merge_patients(
        people[trouble.repair["survivor"]], people[trouble.repair["replaced"]], note=trouble.repair["note"],
        reasons=pair.reasons, actor=actor, at=at,
    )  # fmt: skip
    trouble.repair = {**trouble.repair, "merge": str(merge.id)}


def make(trouble: Trouble, *, actor: Actor, at: datetime) -> None:
    """Make the repair that the trouble carries.

    Raises:
        Refused: what it names has changed meanwhile.
    """
    repair, barcode = trouble.repair.get("repair"), trouble.repair.get("barcode", "")
    if repair == "new_barcode" and trouble.reference:
        settle_clash(trouble.reference, barcode, actor=actor, at=at)
    elif repair == "rebind":
        check_barcode("rebind", trouble, barcode)
        tube = get_tube(barcode)
        if tube is None:
            raise Refused({"barcode": "unknown_choice"})
        rebind_tube(tube.id, trouble.barcode, actor=actor, at=at)
    elif repair == "make_visible" and trouble.reference:
        show_again(trouble.reference, at=at)
    elif repair == "merge":
        join(trouble, actor=actor, at=at)
    else:
        raise Refused({"repair": "not_repairable"})
    retry_held(at=at)
