"""The recipes for production speak of commands and settings that exist."""

import re

import pytest

from huizhen.config import settings
from huizhen.config.options import OPTIONS
from huizhen.config.wiring import COMMANDS

DEPLOY = settings.ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_starts_a_command_of_ours(unit):
    [command] = re.findall(r"^ExecStart=/opt/huizhen/\.venv/bin/huizhen (.+)$", unit.read_text(), re.MULTILINE)
    assert command in {known.words for known in COMMANDS}


def test_the_example_sets_what_can_be_set():
    names = re.findall(r"^(\w+)=", (DEPLOY / "huizhen.env.example").read_text(), re.MULTILINE)
    assert set(names) <= set(OPTIONS)


def test_figures_are_kept_from_the_outside_before_anything_is_handed_on():
    """Caddy sorts `handle` before `respond`, whatever stands first in the file."""
    text = (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"@inside path /metrics /readyz\s+handle @inside \{\s+respond 404\s+\}", text)
    assert not re.search(r"^\s*respond @", text, re.MULTILINE)
