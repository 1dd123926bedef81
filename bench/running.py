"""One run: the parts in their order, each on its database."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import api, figures, house, instruments, lookups, reads, sweeps, transcripts, worklists
from bench.ground import Ground
from huizhen.config.embedded import Embedded, server_pid


def measure(asked: argparse.Namespace, var: Path) -> figures.Figures:
    """Measure what was asked for."""
    found = figures.Figures()
    parts = asked.only or asked.parts
    if "transcripts" in parts:
        with told("transcripts"):
            transcripts.measure(found)
    if set(parts) - {"house", "transcripts"}:
        with Ground(Embedded(var / "postgres"), keep=asked.keep).standing() as ground:
            _measure_data(asked, parts, ground, found, var)
    if "house" in parts:
        with told("house"):
            house.measure(found, var=var, rest_seconds=asked.rest, demo=not asked.no_demo)
    return found


def _measure_data(
    asked: argparse.Namespace, parts: tuple[str, ...], ground: Ground, found: figures.Figures, var: Path
) -> None:
    if "worklists" in parts:
        ground.use(asked.small)
    ground.use(asked.cases)
    if "worklists" in parts:
        with told("worklists"):
            worklists.measure(found, worklists.by_turns(ground, asked.small, asked.cases))
    if "reads" in parts:
        with told("reads"):
            reads.measure(found)
    if "api" in parts:
        with told("api"):
            api.measure(
                found, url=ground.url(), var=var, database_pid=server_pid(ground.server) or 0,
                for_seconds=asked.seconds, warm_seconds=asked.seconds / 5,
            )  # fmt: skip
    if "lookups" in parts:
        with told("lookups"):
            lookups.measure(found, ground=ground, var=var, persons=asked.persons, seconds=int(asked.seconds))
        ground.use(asked.cases)
    if "instruments" in parts:
        with told("instruments"):
            instruments.measure_decoding(found, times=asked.messages)
            instruments.measure_memory(found, url=ground.url(), var=var)
    if "sweeps" in parts:
        with told("sweeps"):
            sweeps.measure(found, due=asked.due)


@contextmanager
def told(part: str) -> Iterator[None]:
    """Say what is measured, and how long it took; how busy the machine was before says what the times are worth."""
    began = time.monotonic()
    print(f"{part} (load of the machine before: {os.getloadavg()[0]:.1f})", flush=True)
    yield
    print(f"  {part}: {time.monotonic() - began:.0f} s", flush=True)
