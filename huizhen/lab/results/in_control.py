"""Reads of controls: which materials of an instrument are out, now and at a moment that is past."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel.statements import ask
from huizhen.lab.results.controls import Key

# Of each material the last control counts; calibrations are none. A batch has one time: in it the keys tell the order.
FAILED = """
SELECT c.instrument_id, c.item_id, c.material FROM lab_controlrun c
 WHERE c.instrument_id = ANY(%s) AND c.at > %s AND c.kind = 'control' AND NOT c.in_control AND c.item_id IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM lab_controlrun n
                    WHERE n.instrument_id = c.instrument_id AND n.item_id = c.item_id AND n.material = c.material
                      AND n.kind = 'control' AND (n.at, n.id) > (c.at, c.id))
"""
# At a moment that is past: a control that had failed before it, and none of its material had come since; or one that
# failed after it, and no good one of its material between. What came with it counts as both.
UNCONTROLLED = """
SELECT DISTINCT l.place FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::int[]) l(instrument, item, at, place)
  JOIN lab_controlrun c ON c.instrument_id = l.instrument AND c.item_id = l.item
 WHERE c.kind = 'control' AND NOT c.in_control AND c.at > l.at - %s
   AND NOT EXISTS (SELECT 1 FROM lab_controlrun n
                    WHERE n.instrument_id = c.instrument_id AND n.item_id = c.item_id AND n.material = c.material
                      AND n.kind = 'control' AND n.in_control
                      AND CASE WHEN c.at < l.at THEN (n.at, n.id) > (c.at, c.id) AND n.at < l.at
                               ELSE (n.at, n.id) < (c.at, c.id) AND n.at > l.at END)
"""
# A material that is not run any more stops counting then; until then its last control does.
CONTROL_COUNTS_FOR = timedelta(days=14)


def list_failed_controls(instrument_ids: Iterable[UUID], at: datetime) -> dict[Key, set[str]]:
    """The materials of each instrument and item whose last control failed."""
    found: dict[Key, set[str]] = defaultdict(set)
    for instrument_id, item_id, material in ask(FAILED, [list(instrument_ids), at - CONTROL_COUNTS_FOR]):
        found[instrument_id, item_id].add(material)
    return found


def list_uncontrolled(moments: Sequence[tuple[Key, datetime]]) -> set[int]:
    """At which of these moments, by their place in the list, the controls of the instrument and item did not hold."""
    if not moments:
        return set()
    keys, at = [key for key, _at in moments], [at for _key, at in moments]
    asked = [[one for one, _item in keys], [item for _one, item in keys], at, list(range(len(at)))]
    return {row[0] for row in ask(UNCONTROLLED, [*asked, CONTROL_COUNTS_FOR])}
