"""Whatever is done to a patient's record can be told to the patient in a sentence of its own (谁看过我的病历)."""

import ast
from collections.abc import Iterator

from huizhen.records.patients.readers import SENTENCES
from tests.house import tree

RECORDING = {"record", "record_patients"}


def acts(parsed: ast.Module) -> Iterator[tuple[int, str]]:
    """Where an act on a patient's record goes into the audit, and its name; names that are made up are left out."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and tree.dotted(node.func).rpartition(".")[2] in RECORDING:
            of_patient = tree.dotted(node.func).endswith("_patients") or any(
                k.arg == "patient_id" for k in node.keywords
            )
            name = node.args[1] if len(node.args) > 1 else None
            if of_patient and isinstance(name, ast.Constant):
                yield node.lineno, name.value


def test_every_act_has_its_sentence():
    found = [(tree.name(path), line, act) for path in tree.product() for line, act in acts(tree.syntax(path))]
    assert len(found) > 30, "the search finds them"
    assert [each for each in found if each[2] not in SENTENCES] == []


def test_an_act_without_one_is_found():
    parsed = ast.parse('audit.record(actor, "lab.secret.read", subject_kind="x", subject_id=1, patient_id=2)')
    [(_line, act)] = acts(parsed)
    assert act not in SENTENCES
