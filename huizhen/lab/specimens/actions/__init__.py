"""Writes of specimens: registering and collecting, transport and receipt, how far a tube has come."""

from huizhen.lab.specimens.actions.batches import Sent, Taken, collect_batch
from huizhen.lab.specimens.actions.collect import collect_tube, find_or_register
from huizhen.lab.specimens.actions.lists import register_list, take_list, work_on_list
from huizhen.lab.specimens.actions.mixing import mix_tubes
from huizhen.lab.specimens.actions.progress import mark_released, mark_tested, mark_waiting_again, order_retests
from huizhen.lab.specimens.actions.repair import rebind_tube, settle_clash, void_tube
from huizhen.lab.specimens.actions.transport import (
    draw_again,
    hand_over_box,
    receive_box,
    receive_registered,
    reserve_barcodes,
    seal_box,
)

__all__ = [
    "Sent",
    "Taken",
    "collect_batch",
    "collect_tube",
    "draw_again",
    "find_or_register",
    "hand_over_box",
    "mark_released",
    "mark_tested",
    "mark_waiting_again",
    "mix_tubes",
    "order_retests",
    "rebind_tube",
    "receive_box",
    "receive_registered",
    "register_list",
    "reserve_barcodes",
    "seal_box",
    "settle_clash",
    "take_list",
    "void_tube",
    "work_on_list",
]
