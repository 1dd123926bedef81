"""One run: the parts in their order, each on its database."""

import argparse
from pathlib import Path

import django

django.setup()

from bench import api, figures, house, imaging, reads, sweeps, worklists  # noqa: E402
from bench.ground import Ground  # noqa: E402
from huizhen.config.embedded import Embedded  # noqa: E402


def measure(asked: argparse.Namespace, var: Path) -> figures.Figures:
    """Measure what was asked for."""
    found = figures.Figures()
    parts = asked.only or ("sweeps", "worklists", "reads", "api", "imaging", "house")
    if set(parts) - {"house"}:
        with Ground(Embedded(var / "postgres"), keep=asked.keep).standing() as ground:
            _measure_data(asked, parts, ground, found, var)
    if "house" in parts:
        house.measure(found, var=var, rest_seconds=asked.rest, demo=not asked.no_demo)
    return found


def _measure_data(
    asked: argparse.Namespace, parts: tuple[str, ...], ground: Ground, found: figures.Figures, var: Path
) -> None:
    small = {}
    if "worklists" in parts:
        ground.use(asked.small)
        small = worklists.measure_times()
    ground.use(asked.cases)
    if "worklists" in parts:
        worklists.measure(found, small, worklists.measure_times())
    if "reads" in parts:
        reads.measure(found)
    if "api" in parts:
        api.measure(found, url=ground.url(), var=var, for_seconds=asked.seconds, warm_seconds=asked.seconds / 5)
    if "imaging" in parts:
        imaging.measure(found, slices=asked.slices)
    if "sweeps" in parts:
        sweeps.measure(found, due=asked.due)
