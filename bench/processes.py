"""Processes as the system sees them: who descends from whom, and the processor time they took."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name: parent, and the time of the process itself in user and system.
PARENT, USER, SYSTEM = 1, 11, 12


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {int(stat.parent.name): int(_fields(stat)[PARENT]) for stat in Path("/proc").glob("[0-9]*/stat")}
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def processor_seconds(root: int) -> float:
    """Seconds of processor that a process and all below it have taken, as far as they still run."""
    stats = [_fields(Path(f"/proc/{pid}/stat")) for pid in family(root)]
    return sum(int(stat[USER]) + int(stat[SYSTEM]) for stat in stats) / TICKS


def _fields(stat: Path) -> list[str]:
    try:
        return stat.read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * (SYSTEM + 1)
