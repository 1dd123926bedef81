"""`python -m bench`: set the stage, measure part by part, print the table, write `bench/out/latest.json`."""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE = 10_000, 1_000_000
PARTS = (
    "sweeps", "worklists", "reads", "api", "chain", "lookups", "instruments", "suggestions", "casepage", "papers",
    "imaging", "transcripts", "house",
)  # fmt: skip


def main(words: list[str]) -> int:
    """Measure, and return 0 when every target is met, 3 when one is missed."""
    asked = parser().parse_args(words)
    var = Path(asked.var).resolve()
    var.mkdir(parents=True, exist_ok=True)
    _point_at(var)
    # Django reads its settings at import: everything of ours comes after they are known.
    django.setup()
    running = importlib.import_module("bench.running")

    began = time.monotonic()
    figures = running.measure(asked, var)
    figures_module = running.figures
    print(f"\n{figures_module.table(figures)}\n")
    print(f"{figures_module.write(figures, cases=asked.cases, out=Path(asked.out))} · {time.monotonic() - began:.0f} s")
    if asked.write_page:
        figures_module.write_page(figures, cases=asked.cases)
    missed = figures.missed()
    for figure in missed:
        print(f"missed: {figure.says}: {figures_module.short(figure.value)} {figure.unit}, {figure.target}")
    return 3 if missed and asked.strict else 0


def parser() -> argparse.ArgumentParser:
    """What can be chosen; without any of it, the figures of the promise."""
    made = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    made.add_argument("--cases", type=int, default=LARGE, help="cases in the large database")
    made.add_argument("--small", type=int, default=SMALL, help="cases in the small database")
    made.add_argument("--seconds", type=float, default=10, help="seconds for each way of asking the API")
    made.add_argument("--rest", type=float, default=30, help="seconds of rest before memory is read")
    made.add_argument("--persons", type=int, default=1_000_000, help="persons with five results each to be looked up")
    made.add_argument("--chain", type=int, default=300, help="seconds of a city's tubes at the promised pace; 0: none")
    made.add_argument("--rush", type=int, default=4_000, help="tubes of the city that come all at once")
    made.add_argument("--patients", type=int, default=40_000, help="persons of the city, in turns in its tubes")
    made.add_argument("--messages", type=int, default=20_000, help="messages that are decoded")
    made.add_argument("--due", type=int, default=500, help="deadlines that are due at once")
    made.add_argument("--pages", type=int, default=1000, help="at most so many of the drawn reports are read")
    made.add_argument("--slices", type=int, default=1000, help="slices of the CT that is brought in and scrolled")
    made.add_argument("--times", type=int, default=15, help="how often a page is opened and a report signed")
    made.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given several times")
    made.add_argument("--turns", type=int, default=3, help="how often the API is measured beside one without audit")
    made.add_argument("--workers", type=int, default=2, help="workers of each web process that is asked")
    made.add_argument("--connections", type=int, default=500, help="open connections of instruments")
    made.add_argument(
        "--tables", help="take the empty tables from this dump (pg_dump), so that migrating finds little to do"
    )
    made.add_argument("--keep", action="store_true", help="use the databases of an earlier run as they are")
    made.add_argument("--no-demo", action="store_true", help="let the house at rest be an empty one")
    made.add_argument("--write-page", action="store_true", help="put the figures into docs/measurements.md")
    made.add_argument("--strict", action="store_true", help="end with code 3 when a target is missed")
    made.add_argument("--var", default=str(ROOT / "var" / "bench"), help="folder of the database")
    made.add_argument("--out", default=str(ROOT / "bench" / "out"), help="folder of latest.json")
    made.set_defaults(parts=PARTS)
    return made


def _point_at(var: Path) -> None:
    for name in [name for name in os.environ if name.startswith("HUIZHEN_")]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "huizhen.config.settings", "HUIZHEN_DEMO": "yes", "HUIZHEN_VAR": str(var),
        "HUIZHEN_SECOND_FACTOR": "optional", "HUIZHEN_LOG_LEVEL": "WARNING", "HUIZHEN_LOG": "json",
    }  # fmt: skip
    os.environ.pop("DATABASE_URL", None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
