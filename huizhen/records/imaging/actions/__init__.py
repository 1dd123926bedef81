"""Writes of imaging: imports, and what is kept of them."""

from huizhen.records.imaging.actions.imports import (
    add_files,
    close_import,
    close_waiting,
    run_import,
    start_import,
)

__all__ = ["add_files", "close_import", "close_waiting", "run_import", "start_import"]
