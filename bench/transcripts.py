"""Reading laboratory reports: how many lines come out whole, and how long a page takes on one core."""

import os
import statistics
from itertools import islice

from bench.figures import Figures, seconds
from huizhen.records.documents.ports import OwnProcess as Straightener
from huizhen.records.transcripts.layout import read_page
from huizhen.records.transcripts.ports import OwnProcess, Page
from huizhen.records.transcripts.samples import LOOKS, Sheet, evaluation, expected

FIELDS = ("name", "value", "unit", "range", "flag")


def measure(figures: Figures, *, pages: int) -> None:
    """The drawn reports in every look, each read by a process of its own on one core, its start included.

    At most `pages` of them.
    """
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        read = [(look, sheet, *_read(data)) for look, sheet, data in islice(evaluation(), pages)]
    finally:
        os.sched_setaffinity(0, cores)
    for look in LOOKS:
        of_look = [(sheet, page) for seen, sheet, page, _ in read if seen == look]
        if not of_look:
            continue
        whole = sum(_whole(sheet, page) for sheet, page in of_look)
        lines = sum(len(sheet.items) for sheet, _ in of_look)
        figures.add(f"report_lines_{look}_percent", f"lines of a report read whole, {look}", 100 * whole / lines, "%")
    lines = sum(len(sheet.items) for _, sheet, _, _ in read)
    whole = sum(_whole(sheet, page) for _, sheet, page, _ in read)
    figures.add("report_lines_percent", "lines of a report read whole, all looks", 100 * whole / lines, "%", least=95)
    figures.add(
        "report_page_s",
        "one report set straight and read, one core",
        statistics.median(row[3] for row in read),
        "s",
        most=5,
    )


def _read(data: bytes) -> tuple[Page, float]:
    """As the job does it: set straight where it can be, then read."""
    found: list[Page] = []

    def work() -> None:
        made = Straightener().straighten(data)
        found.extend(OwnProcess().read(made.picture if made else data, "image/jpeg"))

    took = seconds(work)
    return found[0], took


def _whole(sheet: Sheet, page: Page) -> int:
    """How many lines are right in every field."""
    items, _ = read_page(page.lines)
    found = [tuple(getattr(item, field) for field in FIELDS) for item in items]
    return sum(line in found for line in expected(sheet))
