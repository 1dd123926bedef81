"""Whether a resource is one of FHIR R4, said by the published definitions.

The library has R4B; of the resources we write and take it defines the same elements as R4 (4.0.1). Loaded late: it is
heavy, and only jobs need it.
"""

from typing import Any

from fhir.resources import get_fhir_model_class as of_r5
from fhir.resources.R4B import get_fhir_model_class as of_r4
from pydantic import ValidationError


class Invalid(ValueError):
    """Not FHIR R4. `faults`: where, and the validator's code of what."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {code}" for path, code in faults))
        self.faults = faults


def check_resource(resource: dict[str, Any]) -> None:
    """Raise Invalid where a resource does not fit its definition. Its type must be one of R4."""
    try:
        of_r4(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        raise Invalid([(".".join(map(str, one["loc"])), one["type"]) for one in error.errors()]) from error


def check_bundle(bundle: dict[str, Any]) -> None:
    """Every entry by itself, and the bundle around them. Raises Invalid: then a source of ours is wrong."""
    for entry in bundle["entry"]:
        check_resource(entry["resource"])
    check_resource({**bundle, "entry": [{"fullUrl": entry["fullUrl"]} for entry in bundle["entry"]]})


def knows(name: str) -> str:
    """In which edition a type of resource exists: `r4`, `r5` (there only), or nothing."""
    for edition, find in (("r4", of_r4), ("r5", of_r5)):
        try:
            find(name)
        except (KeyError, LookupError, ImportError, ValueError):
            continue
        return edition
    return ""
