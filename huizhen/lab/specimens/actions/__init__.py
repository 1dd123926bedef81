"""Writes of specimens: registering and collecting, transport and receipt, how far a tube has come."""

from huizhen.lab.specimens.actions.collect import collect_tube, find_or_register, fulfil_retests
from huizhen.lab.specimens.actions.lists import Outcome, upload_list
from huizhen.lab.specimens.actions.progress import mark_released, mark_tested, order_retests
from huizhen.lab.specimens.actions.repair import mix_tubes, rebind_tube, settle_clash, void_tube
from huizhen.lab.specimens.actions.transport import receive_box, reserve_barcodes, seal_box

__all__ = [
    "Outcome",
    "collect_tube",
    "find_or_register",
    "fulfil_retests",
    "mark_released",
    "mark_tested",
    "mix_tubes",
    "order_retests",
    "rebind_tube",
    "receive_box",
    "reserve_barcodes",
    "seal_box",
    "settle_clash",
    "upload_list",
    "void_tube",
]
