"""What was measured, as a table for people, a file for programs and a page for readers."""

import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "out"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "measurements.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


@dataclass(frozen=True)
class Figure:
    """One measured value. `most` or `least` is its target; a figure without either stands there for comparison."""

    key: str
    says: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or nothing where there is no target."""
        if self.most is None and self.least is None:
            return ""
        held = (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)
        return "met" if held else "missed"

    @property
    def target(self) -> str:
        """The target as people write it."""
        if self.most is not None:
            return f"≤ {short(self.most)} {self.unit}"
        return f"≥ {short(self.least)} {self.unit}" if self.least is not None else ""


@dataclass
class Figures:
    """Everything one run measured, in the order of measuring; said aloud as it comes."""

    found: list[Figure] = field(default_factory=list)

    def add(self, key: str, says: str, value: float, unit: str, **target: float) -> None:
        """Note a value."""
        figure = Figure(key, says, value, unit, **target)
        self.found.append(figure)
        mark = {"met": "✓", "missed": "✗", "": " "}[figure.verdict]
        print(f"  {mark} {says}: {short(value)} {unit}" + (f"  ({figure.target})" if figure.target else ""), flush=True)

    def missed(self) -> list[Figure]:
        """Those that are not as promised."""
        return [figure for figure in self.found if figure.verdict == "missed"]


def median_seconds(act: Callable[[], Any], times: int) -> float:
    """The middle of several measurements; one run before them is thrown away."""
    act()
    return statistics.median(seconds(act) for _ in range(times))


def seconds(act: Callable[[], Any]) -> float:
    """How long it takes, once."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all stays below; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def short(value: float | None) -> str:
    """A number with as many digits as mean something."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def machine() -> dict[str, str]:
    """Where it was measured."""
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": model[1] if model else platform.processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(memory[1]) / 1024**2:.0f} GiB" if memory else "",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def table(figures: Figures) -> str:
    """The figures as Markdown, which is readable in a terminal too."""
    rows = [("figure", "measured", "target", "verdict")]
    rows += [(f.says, f"{short(f.value)} {f.unit}", f.target, f.verdict) for f in figures.found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(figures: Figures, *, cases: int, out: Path = OUT) -> Path:
    """Store one key per figure, and where they come from, in `latest.json`."""
    out.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {f.key: f.value for f in figures.found}
    kept["verdicts"] = {f.key: f.verdict for f in figures.found if f.verdict}
    kept["cases"], kept["machine"] = cases, machine()
    path = out / "latest.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return path


def write_page(figures: Figures, *, cases: int, page: Path = PAGE) -> None:
    """Put the figures into the page, between its two marks."""
    where = ", ".join(f"{name} {value}" for name, value in machine().items())
    measured = f"{BEGIN}\n\nWith {cases:,} cases, on: {where}.\n\n{table(figures)}\n\n{END}"
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    page.write_text(re.sub(pattern, lambda _: measured, page.read_text(), flags=re.DOTALL))
