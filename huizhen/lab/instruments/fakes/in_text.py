"""Moods within what has no protocol: a printed line, and files of results, whose rows are heading first."""

import re

from huizhen.lab.instruments.fakes.mood import Fields, put

SPECIMEN, TEST, VALUE, KIND = range(4)  # the columns of a simulated file
CONTROL = ["NC-1", "nCoV", "阴性", "质控"]


def dashes(line: str) -> str:
    """Dashes where the numbers should stand."""
    return re.sub(r"(Na|K)( +)\S+", r"\1\2---", line)


def no_start(line: str) -> str:
    """Without the sign that begins it."""
    return line.removeprefix("\x02")


def failure(rows: Fields) -> Fields:
    """No result."""
    return [rows[0], *(put(row, VALUE, "无效") for row in rows[1:])]


def control(rows: Fields) -> Fields:
    """A control under the specimens."""
    return [*rows, CONTROL]


def merged(rows: Fields) -> Fields:
    """Two tests of each specimen, whose id stands once for both: the second cell is empty."""
    doubled = [[row, put(put(row, SPECIMEN, ""), TEST, "COVID-19")] for row in rows[1:]]
    return [rows[0], *(row for pair in doubled for row in pair)]
