"""The recipes for production speak of commands and settings that exist."""

import re
import shutil
import subprocess

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


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_sets_what_can_be_set_and_writes_where_it_may(unit):
    """Its own name is the one setting that is none of an operator's: logs and the database's list of sessions tell
    the processes apart by it."""
    text = unit.read_text()
    given = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))
    own = given.pop("HUIZHEN_PROCESS", unit.stem.removeprefix("huizhen-"))
    assert set(given) <= set(OPTIONS)
    assert own == unit.stem.removeprefix("huizhen-")
    example = (DEPLOY / "huizhen.env.example").read_text()
    [var] = re.findall(r"^HUIZHEN_VAR=(.*)$", example, re.MULTILINE)
    assert re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE) == [var]
    [file] = re.findall(r"^EnvironmentFile=(.*)$", text, re.MULTILINE)
    assert file in example


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    """Asked of the machine's own systemd, with our program where the units expect it. That the processes run inside
    these sandboxes is not proven by this."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd on this machine; the other tests of the units need none")
    program = tmp_path / "huizhen"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        there = tmp_path / unit.name
        there.write_text(unit.read_text().replace("/opt/huizhen/.venv/bin/huizhen", str(program)))
    line = [analyze, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)]
    said = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    ours = [one for one in said.stderr.splitlines() if "huizhen" in one]
    assert (said.returncode, ours) == (0, [])


def test_the_example_sets_what_can_be_set():
    names = re.findall(r"^(\w+)=", (DEPLOY / "huizhen.env.example").read_text(), re.MULTILINE)
    assert set(names) <= set(OPTIONS)


def test_no_two_processes_of_the_example_want_one_port():
    """What the example leaves open has its default, the demonstration's too: every process there is, side by side."""
    given = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "huizhen.env.example").read_text(), re.MULTILINE))
    named = [name for name in OPTIONS if name.endswith("_PORT") and name != "HUIZHEN_MAIL_PORT"]
    found = [port for name in named if (port := given.get(name, OPTIONS[name].unset())) != "0"]
    assert len(found) == len(set(found)) >= 9


def test_figures_are_kept_from_the_outside_before_anything_is_handed_on():
    """Caddy sorts `handle` before `respond`, whatever stands first in the file."""
    text = (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"@inside path /metrics /readyz\s+handle @inside \{\s+respond 404\s+\}", text)
    assert not re.search(r"^\s*respond @", text, re.MULTILINE)
