"""Pages that are written by the program and compared by tests: the map of features and the drawings of flows."""

import importlib
import sys
from pathlib import Path

from huizhen.config import wiring
from huizhen.config.guide.features import ROOT, Feature, list_features, shown
from huizhen.kernel.flow.diagram import render_flows
from huizhen.kernel.flow.language import FLOWS, Flow

MAP_OPENING = """# Map: which files belong to which feature

Written by `make map`; a test compares. Do not edit. `make where Q="withdraw an opinion"` searches by words.
What each file name means is in [architecture.md](architecture.md).
"""


def product_flows() -> list[Flow]:
    """The flows of the product, also of features that are not wired yet. Those of tests are called `example…`."""
    wiring.connect()
    for feature in list_features():
        if (feature.path / "flow.py").exists():
            importlib.import_module(f"huizhen.{feature.address}.flow")
    return [flow for flow in FLOWS.values() if not flow.kind.startswith("example")]


def render_map() -> str:
    """The page `docs/map.md`."""
    lines, module = [MAP_OPENING], ""
    for feature in list_features():
        if feature.module != module:
            module = feature.module
            lines.append(f"\n## {module}\n")
        lines.append(_entry(feature))
    return "\n".join(lines) + "\n"


def write_map() -> None:
    """Write `docs/map.md`."""
    _write(ROOT / "docs/map.md", render_map())


def write_flows() -> None:
    """Draw every flow into `docs/flows.md`."""
    _write(ROOT / "docs/flows.md", render_flows(product_flows()))


def _entry(feature: Feature) -> str:
    lines = [f"- **{feature.name}** · `{shown(feature.path)}` · {feature.about}".rstrip(" ·")]
    if feature.path.is_dir():
        names = [path.relative_to(feature.path).as_posix() for path in feature.files() if path.name != "__init__.py"]
        lines.append(f"  - files: {', '.join(f'`{name}`' for name in names) or 'none yet'}")
    for role, paths in feature.faces().items():
        lines.append(f"  - {role}: {', '.join(f'`{shown(path)}`' for path in paths)}")
    if feature.tests():
        lines.append(f"  - tests: {', '.join(f'`{shown(path)}`' for path in feature.tests())}")
    if page := feature.document():
        lines.append(f"  - read: [{shown(page)}]({page.relative_to(ROOT / 'docs').as_posix()})")
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{shown(path)} written\n")
