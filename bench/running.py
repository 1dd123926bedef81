"""One run: the parts in their order, each on its database."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import (
    api,
    casepage,
    chain,
    figures,
    house,
    imaging,
    instruments,
    lookups,
    papers,
    reads,
    suggestions,
    sweeps,
    transcripts,
    worklists,
)
from bench.ground import Ground
from huizhen.config.embedded import Embedded, server_pid

# What needs no database, and what has a small one of its own.
APART = {"house", "papers", "transcripts"}
OWN = {"casepage", "imaging", "lookups"}


def measure(asked: argparse.Namespace, var: Path) -> figures.Figures:
    """Measure what was asked for."""
    found = figures.Figures()
    parts = asked.only or asked.parts
    if "transcripts" in parts:
        with told("transcripts"):
            transcripts.measure(found, pages=asked.pages)
    if "papers" in parts:
        with told("papers"):
            papers.measure(found, times=min(asked.times, papers.TIMES))
    if set(parts) - APART:
        with Ground(Embedded(var / "postgres"), keep=asked.keep, tables=_tables(asked)).standing() as ground:
            if set(parts) - APART - OWN:
                _measure_cases(asked, parts, ground, found, var)
            _measure_features(asked, parts, ground, found, var)
    if "house" in parts:
        with told("house"):
            house.measure(
                found, var=var, rest_seconds=asked.rest, demo=not asked.no_demo, tables=_tables(asked)
            )  # fmt: skip
    return found


def _tables(asked: argparse.Namespace) -> Path | None:
    return Path(asked.tables).resolve() if asked.tables else None


def _measure_cases(
    asked: argparse.Namespace, parts: tuple[str, ...], ground: Ground, found: figures.Figures, var: Path
) -> None:
    """What is promised with a million cases. The sweep comes last: it moves what it finds."""
    if "worklists" in parts:
        ground.use(asked.small)
    ground.use(asked.cases)
    if "worklists" in parts:
        with told("worklists"):
            worklists.measure(found, worklists.by_turns(ground, asked.small, asked.cases))
    if "reads" in parts:
        with told("reads"):
            reads.measure(found, database_pid=server_pid(ground.server) or 0)
    if "api" in parts:
        with told("api"):
            api.measure(
                found, url=ground.url(), var=var, database_pid=server_pid(ground.server) or 0,
                for_seconds=asked.seconds, warm_seconds=asked.seconds / 5, turns=asked.turns,
                workers=asked.workers,
            )  # fmt: skip
    if "sweeps" in parts:
        with told("sweeps"):
            sweeps.measure(found, due=asked.due)


def _measure_features(
    asked: argparse.Namespace, parts: tuple[str, ...], ground: Ground, found: figures.Figures, var: Path
) -> None:
    """What single features promise."""
    if "suggestions" in parts:
        with told("suggestions"):
            suggestions.measure(found)
    if "instruments" in parts:
        with told("instruments"):
            instruments.measure_decoding(found, times=asked.messages)
            instruments.measure_memory(found, url=ground.url(), var=var, connections=asked.connections)
    if "chain" in parts:
        with told("chain"):
            city = chain.City(asked.rush, asked.patients, asked.chain)
            chain.measure(found, city, ground=ground, var=var)
    if "lookups" in parts:
        with told("lookups"):
            lookups.measure(found, ground=ground, var=var, persons=asked.persons, seconds=int(asked.seconds))
    if "casepage" in parts:
        ground.enter_own("casepage", anew=True)
        with told("casepage"):
            casepage.measure(found, times=asked.times)
    if "imaging" in parts:
        ground.enter_own("imaging", anew=True)
        with told("imaging"):
            imaging.measure(found, url=ground.url(), var=var, slices=asked.slices)


@contextmanager
def told(part: str) -> Iterator[None]:
    """Say what is measured, and how long it took; how busy the machine was before says what the times are worth."""
    began = time.monotonic()
    print(f"{part} (load of the machine before: {os.getloadavg()[0]:.1f})", flush=True)
    yield
    print(f"  {part}: {time.monotonic() - began:.0f} s", flush=True)
