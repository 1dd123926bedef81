"""The set-up itself: the lock without hosts, one recipe of commands, a Makefile that explains itself."""

import os
import re
import subprocess
import sys

import pytest

from tests.house import tree

sys.path.insert(0, str(tree.ROOT / "bin"))
from steps import assets, lock
from steps.say import Stop, run

RESOLVED = """source = { registry = "https://registry.invalid/simple" }
wheels = [
    { url = "https://files.invalid/packages/aa/bb/x-1-py3-none-any.whl", hash = "sha256:00", upload-time = "t" },
]
"""


def test_a_fresh_lock_loses_its_hosts_and_keeps_its_hashes():
    text = lock.without_hosts(RESOLVED)
    assert 'registry = "index"' in text
    assert '{ path = "x-1-py3-none-any.whl", hash = "sha256:00" }' in text


def test_an_address_of_a_new_kind_is_refused():
    with pytest.raises(Stop, match="still holds an address"):
        lock.without_hosts('source = { git = "https://git.invalid/x" }')


def test_a_program_that_is_not_there_is_named_with_what_to_do(tmp_path):
    with pytest.raises(Stop, match=r"no-such-npm cannot be started \(No such file or directory\)\. Install it first\."):
        run(["no-such-npm", "install"], why="Install it first.", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ci_runs_what_a_person_runs():
    lines = (tree.ROOT / ".ci/run").read_text().splitlines()
    assert lines[-1] == "exec make test"


def test_help_names_every_command():
    makefile = (tree.ROOT / "Makefile").read_text()
    shown = subprocess.run(["make", "help"], cwd=tree.ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):", makefile, re.M)
    assert len(targets) >= 8
    assert [target for target in targets if f"make {target} " not in shown] == []


def test_make_where_takes_a_question_as_it_is_typed():
    """An apostrophe, a quote and two words; instead of the set-up, a program that prints what it was given."""
    make = ["make", "--no-print-directory", "where"]
    told = [*make, 'Q=a doctor\'s "opinion"; exit 3', "SETUP=printf '<%s>'"]
    shown = subprocess.run(told, cwd=tree.ROOT, capture_output=True, text=True, check=True).stdout
    assert shown == '<huizhen><where><a doctor\'s "opinion"; exit 3>'
    closed = [*make, "Q=x", "SETUP=sh -c 'exit 141'"]
    assert subprocess.run(closed, cwd=tree.ROOT, capture_output=True, check=True).stderr == b""
    failed = [*make, "Q=x", "SETUP=sh -c 'exit 1'"]
    assert subprocess.run(failed, cwd=tree.ROOT, capture_output=True, check=False).returncode != 0


def test_the_program_looks_for_scripts_and_styles_where_the_set_up_put_them_wherever_its_data_is(tmp_path):
    program = "from huizhen.config import settings; print(settings.STATIC_ROOT, settings.FILES_ROOT)"
    environ = os.environ | {"HUIZHEN_DEMO": "yes", "HUIZHEN_VAR": str(tmp_path)}
    line = [sys.executable, "-c", program]
    said = subprocess.run(line, cwd=tree.ROOT, env=environ, capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(assets.STATIC), str(tmp_path / "files")]
