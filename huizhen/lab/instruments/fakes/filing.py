"""Simulated programs of instruments that put files into a folder."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from huizhen.lab.instruments.fakes.saying import CALM, sheet_file

PAUSE_SECONDS = 5.0  # longer than the intake lets a file rest


async def put_files(
    folder: Path, name: str, specimens: Sequence[str], moods: frozenset[str] = CALM, *, pause: float = PAUSE_SECONDS
) -> list[Path]:
    """Put the results of these specimens into a folder; the paths. `pause`: how many seconds the program dawdles."""
    ending = ".xlsx" if moods & {"workbook", "merged"} else ".csv"
    content = sheet_file(specimens, moods)
    paths = [folder / f"{name}{ending}"]
    if "half" in moods:
        await asyncio.to_thread(paths[0].write_bytes, content[: len(content) // 2])
        await asyncio.sleep(pause)
    await asyncio.to_thread(paths[0].write_bytes, content)
    if "renamed" in moods:
        paths.append(folder / f"{name}-copy{ending}")
        await asyncio.to_thread(paths[1].write_bytes, content)
    if "rewritten" in moods:
        await asyncio.sleep(pause)
        other = sheet_file([f"{specimen}-B" for specimen in specimens], moods)
        await asyncio.to_thread(paths[0].write_bytes, other)
    return paths
