"""The import contract holds, and each of its rules bites when it is broken."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import tree

VIOLATIONS = {
    "The floors of the house": ("people/accounts/straying.py", "import huizhen.consult.models"),
    "Inside the kernel": ("kernel/clock.py", "import huizhen.kernel.flow.language"),
    "Inside a feature": ("consult/joint/rules.py", "import huizhen.consult.joint.actions"),
    "No rings": ("people/credentials/__init__.py", "import huizhen.people.ringing.one"),
    "Faces use access": ("console/straying.py", "import huizhen.people.accounts.models"),
    "Effects are known": ("console/straying_too.py", "import huizhen.consult.joint.effects"),
}
ALSO = {
    "people/ringing/__init__.py": "",
    "people/ringing/one.py": "import huizhen.people.credentials",
    "consult/joint/actions.py": "",
    "consult/joint/effects.py": "",
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contract_holds():
    done = lint(tree.ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory):
    """A copy of the house in which every rule is broken once."""
    copy = tmp_path_factory.mktemp("broken")
    shutil.copytree(tree.ROOT / "huizhen", copy / "huizhen", ignore=shutil.ignore_patterns("*.mo", "__pycache__"))
    shutil.copy(tree.ROOT / ".importlinter", copy)
    for path, text in [*VIOLATIONS.values(), *ALSO.items()]:
        file = copy / "huizhen" / path
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as handle:
            handle.write(f"\n{text}\n")
    return lint(copy).stdout


@pytest.mark.parametrize("rule", VIOLATIONS)
def test_each_rule_bites(broken_house, rule):
    verdicts = [line for line in broken_house.splitlines() if line.startswith(rule)]
    assert any("BROKEN" in verdict for verdict in verdicts), broken_house


def test_only_tests_import_tests():
    strays = [
        f"{tree.name(path)}:{node.lineno}"
        for path in tree.product()
        for node in tree.imports(tree.syntax(path))
        if "tests" in tree.imported(node).split(".")
    ]
    assert not strays


# Each costs its process a fifth of a second and 10 to 60 MB; whoever uses one asks for it late (`kernel.late`).
DEAR = {
    "numpy",
    "cv2",
    "pydicom",
    "pynetdicom",
    "pyhanko",
    "typst",
    "fhir",
    "onnxruntime",
    "rjieba",
    "nats",
    "xlsxwriter",
}
STARTED = """
import json, sys
import huizhen.config.wsgi, huizhen.config.jobs
from django.urls import get_resolver
get_resolver().url_patterns
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_web_and_jobs_start_without_what_few_of_them_need():
    line = [sys.executable, "-W", "ignore", "-c", STARTED]
    done = subprocess.run(line, cwd=tree.ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "django" in loaded
    assert not DEAR & loaded
