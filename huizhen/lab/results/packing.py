"""A reading as JSON, to be kept sealed until its specimen is known."""

from datetime import datetime
from typing import Any

from huizhen.lab.instruments.readings import Kind, Reading, Status


def pack_reading(reading: Reading) -> dict[str, Any]:
    """Everything of a reading, in values that JSON has."""
    measured = reading.measured_at.isoformat() if reading.measured_at else ""
    return {
        "specimen": reading.specimen, "test": reading.test, "name": reading.name, "value": reading.value,
        "unit": reading.unit, "flags": list(reading.flags), "status": reading.status, "kind": reading.kind,
        "reason": reading.reason, "measured_at": measured,
    }  # fmt: skip


def unpack_reading(packed: dict[str, Any]) -> Reading:
    """The reading that `pack_reading` was given."""
    measured = packed["measured_at"]
    return Reading(
        specimen=packed["specimen"], test=packed["test"], name=packed["name"], value=packed["value"],
        unit=packed["unit"], flags=tuple(packed["flags"]), status=Status(packed["status"]),
        kind=Kind(packed["kind"]), reason=packed["reason"],
        measured_at=datetime.fromisoformat(measured) if measured else None,
    )  # fmt: skip
