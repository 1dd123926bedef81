"""Processes as the system sees them: who descends from whom, and the processor time they took."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name: the parent; the time in user and system, of the process itself and of its
# children that have ended.
PARENT, TIMES = 1, slice(11, 15)


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {int(stat.parent.name): int(_fields(stat)[PARENT]) for stat in Path("/proc").glob("[0-9]*/stat")}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def processor_seconds(root: int) -> float:
    """Seconds of processor that a process and all below it have taken, those that have ended included."""
    stats = [_fields(Path(f"/proc/{pid}/stat")) for pid in family(root)]
    return sum(int(each) for stat in stats for each in stat[TIMES]) / TICKS


def _fields(stat: Path) -> list[str]:
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * TIMES.stop
