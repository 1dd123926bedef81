"""The description of the API is true: the file is current, every code is known and documented, schemas fit actions."""

import ast
import json
import re
from pathlib import Path

from huizhen.api.codes import CODES, REFUSALS
from huizhen.api.commands import FILE, render
from huizhen.api.consult.joint.course import Plain
from huizhen.api.consult.joint.schemas import Purpose, State
from huizhen.consult.joint import models
from huizhen.consult.joint.actions.course import PLAIN
from huizhen.consult.joint.flow import JOINT

ROOT = Path(__file__).resolve().parents[3]
RAISED = {"Refused", "NeedsMissing", "NoOwner"}


def test_the_file_is_current():
    assert FILE.read_text(encoding="utf-8") == render(), "run `huizhen openapi`"


def test_the_page_lists_exactly_the_codes():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", page, re.MULTILINE))
    assert listed == {code: str(kind.status) for code, kind in CODES.items()}


def test_every_refusal_of_a_flow_has_its_code():
    raised = set()
    for folder in ("kernel/flow", "consult"):
        for path in (ROOT / "huizhen" / folder).rglob("*.py"):
            if "tests" in path.parts:
                continue
            raised |= set(refusals(ast.parse(path.read_text(encoding="utf-8"))))
    assert raised == set(REFUSALS)


def refusals(parsed):
    """The codes of `Refused("…")` and its kinds."""
    for node in ast.walk(parsed):
        if called(node) in RAISED:
            yield node.args[0].value


def called(node):
    """The name of what is called with a code written out."""
    plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args
    return node.func.id if plain and isinstance(node.args[0], ast.Constant) else ""


def test_every_problem_in_the_code_is_known():
    for path in (ROOT / "huizhen" / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if called(node) == "Problem":
                assert node.args[0].value in CODES, path


# A search changes nothing; it is posted so that what is searched for stands in no address.
READS = {"search_patients"}


def test_every_write_needs_a_key():
    """Whatever may change something is declared by `writes`, which asks for the key before anything is done."""
    found = {
        (path, method): operation
        for path, methods in json.loads(render())["paths"].items()
        for method, operation in methods.items()
        if method not in ("get", "head", "options") and operation["operationId"] not in READS
    }
    keyed = {
        where
        for where, operation in found.items()
        if any(one["name"] == "Idempotency-Key" and one["required"] for one in operation.get("parameters", ()))
    }
    assert set(found) == keyed
    assert found


def test_no_endpoint_is_declared_past_reads_and_writes():
    """Ninja's own decorators would know nothing of the key, and an operation left out of the description is not seen."""
    past = re.compile(r"@\w+\.(get|post|put|patch|delete|api_operation)\(|include_in_schema")
    assert [past.sub("", one) for one in ('@router.post("/x")', "include_in_schema=False")] == ['"/x")', "=False"]
    found = [
        path.name
        for path in (ROOT / "huizhen" / "api").rglob("*.py")
        if "tests" not in path.parts and past.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_two_schemas_share_a_name():
    """The description keeps one of a name; the other's fields would be told wrongly."""
    found = [
        node.name
        for path in (ROOT / "huizhen" / "api").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith(("In", "Out", "IO", "Page"))
    ]
    assert sorted(found) == sorted(set(found))


def test_the_schemas_say_what_the_feature_knows():
    assert set(Plain.__args__) == {*PLAIN, "reopen_review"}, "that one has an act of its own"
    assert set(State.__args__) == {state.code for state in JOINT.states}
    assert set(Purpose.__args__) == set(models.Purpose.values)
