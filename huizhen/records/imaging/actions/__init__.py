"""Writes of imaging: imports, and what is kept of them."""

from huizhen.records.imaging.actions.imports import (
    add_files,
    close_import,
    close_waiting,
    run_import,
    start_import,
    start_received,
)
from huizhen.records.imaging.actions.marks import mark_image, unmark_image

__all__ = [
    "add_files",
    "close_import",
    "close_waiting",
    "mark_image",
    "run_import",
    "start_import",
    "start_received",
    "unmark_image",
]
