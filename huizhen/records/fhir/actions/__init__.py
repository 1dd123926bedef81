"""Acts on copies of a record, and on bundles brought into one."""

from huizhen.records.fhir.actions.exporting import export_now, forget_copies, make_export, order_export
from huizhen.records.fhir.actions.importing import check_import, confirm_import, start_import, take_import
from huizhen.records.fhir.actions.taking_back import take_back

__all__ = [
    "check_import", "confirm_import", "export_now", "forget_copies", "make_export", "order_export", "start_import",
    "take_back", "take_import",
]  # fmt: skip
