"""The habits of the house (docs/architecture.md), each as a small check over the syntax of every file.

A line may be excused with `# house: <rule>, because <reason>` at its end or right above.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import tree

Finding = tuple[int, str]

VAGUE = re.compile(r"^(utils?|helpers?|commons?|managers?|misc|lib|base_utils)$")
PRODUCT = "Huizhen 会诊"
CHINESE = re.compile(r"[\u3400-\u9fff]")
WALL_CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|timezone\.(now|localdate)|time\.(time|time_ns|localtime|gmtime))$"
)
SQL_CLOCKS = re.compile(
    r"\bnow\(\)|\b(current_timestamp|current_date|localtimestamp)\b"
    r"|\b(clock|statement|transaction)_timestamp\(",
    re.IGNORECASE,
)
CASE_COLUMNS = {"state", "state_since", "owner", "owner_id", "team", "due_at", "late_since", "closed_at", "version"}
CASE_TABLES = ("Case.objects", "CaseEvent.objects", "CaseDeadline.objects")
QUERY_WRITES = {"update", "create", "bulk_create", "bulk_update", "delete", "get_or_create", "update_or_create"}
CASE_SQL = re.compile(r"\b(update|insert\s+into|delete\s+from)\s+\"?kernel_case", re.IGNORECASE)
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


def check(rule: str, look: Callable[[ast.Module], Iterator[Finding]], paths: list[Path]) -> None:
    """Fail with every place where a rule finds something that is not excused."""
    found = [
        f"{tree.name(path)}:{line} {what}"
        for path in paths
        for line, what in look(tree.syntax(path))
        if not tree.excused(path, line, rule)
    ]
    assert not found, "\n" + "\n".join(found)


def inner_imports(parsed: ast.Module) -> Iterator[Finding]:
    for function in tree.functions(parsed):
        for node in tree.imports(function):
            yield node.lineno, f"imports {tree.imported(node)} inside {function.name}"


def wall_clocks(parsed: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(parsed):
        if isinstance(node, ast.Attribute) and WALL_CLOCKS.search(tree.dotted(node)):
            yield node.lineno, tree.dotted(node)
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            yield node.value.lineno, node.arg
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "django.utils.timezone"}:
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in {"time", "now", "localdate"})
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models.functions"):
            yield from ((node.lineno, "Now") for alias in node.names if alias.name == "Now")
    for text in tree.texts(parsed):
        if SQL_CLOCKS.search(text.value):
            yield text.lineno, f"a clock of the database: {text.value.strip()[:60]}"


def transactions(parsed: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(parsed):
        if isinstance(node, ast.Attribute) and tree.dotted(node) == "transaction.atomic":
            yield node.lineno, "opens a transaction"
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.transaction":
            yield node.lineno, "imports from django.db.transaction"


def case_writes(parsed: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(parsed):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in filter(None, targets) if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) else ():
            *before, column = tree.dotted(target).split(".")
            if column in CASE_COLUMNS and before[-1:] == ["case"]:
                yield node.lineno, f"writes {tree.dotted(target)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if node.func.attr in QUERY_WRITES and called.startswith(CASE_TABLES):
                yield node.lineno, called[:60]
    for text in tree.texts(parsed):
        if CASE_SQL.search(text.value):
            yield text.lineno, "writes the case's tables in SQL"


def loose_chinese(parsed: ast.Module) -> Iterator[Finding]:
    """Chinese that is neither a sentence to translate, nor a pattern to match, nor an example of what people write."""
    translated = {
        id(inner)
        for node in ast.walk(parsed)
        if isinstance(node, ast.Call)
        for argument in [
            *(node.args if tree.dotted(node.func).split(".")[-1] in GETTEXT | {"compile"} else ()),
            *(keyword.value for keyword in node.keywords if keyword.arg == "examples"),
        ]
        for inner in ast.walk(argument)
    }
    for text in tree.texts(parsed):
        if CHINESE.search(text.value.replace(PRODUCT, "")) and id(text) not in translated:
            yield text.lineno, text.value.strip()[:30]


def undocumented(parsed: ast.Module) -> Iterator[Finding]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in parsed.body:
        if isinstance(node, kinds) and not node.name.startswith("_") and not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has no docstring"


def outside(paths: list[Path], *folders: str) -> list[Path]:
    return [path for path in paths if not tree.name(path).startswith(folders)]


def test_nothing_is_imported_inside_a_function():
    check("import", inner_imports, tree.python())


def test_there_is_one_clock():
    check("clock", wall_clocks, outside(tree.product(), "huizhen/kernel/clock.py"))


def test_only_actions_and_the_kernel_open_transactions():
    elsewhere = [
        path
        for path in outside(tree.product(), "huizhen/kernel/")
        if path.stem != "actions" and path.parent.name != "actions"
    ]
    check("transaction", transactions, elsewhere)


def test_only_the_flow_writes_a_cases_state_owner_and_deadline():
    check("case", case_writes, outside(tree.product(), "huizhen/kernel/flow/"))


def test_chinese_stands_only_where_it_is_translated():
    demonstration = [
        path for path in tree.product() if {"demo", "demo.py", "fakes", "fakes.py", "samples.py"} & set(path.parts)
    ]
    paths = [path for path in tree.product() if path not in demonstration]
    check("chinese", loose_chinese, paths)


def test_public_functions_and_classes_say_what_they_do():
    paths = [path for path in tree.product() if path.name != "apps.py"]
    check("docstring", undocumented, paths)


def test_no_name_says_nothing():
    names = {path: (path.stem, *path.relative_to(tree.ROOT).parent.parts) for path in tree.files(".py", ".ts", ".vue")}
    assert [tree.name(path) for path, parts in names.items() if any(VAGUE.match(part) for part in parts)] == []


BROKEN = {
    inner_imports: "def f():\n    import os\n",
    wall_clocks: (
        "a = datetime.datetime.now(UTC)\nb = time.time()\nfrom django.utils.timezone import now\n"
        "c = DateTimeField(auto_now=True)\nd = 'SELECT now()'\n"
    ),
    transactions: "with transaction.atomic():\n    pass\n",
    case_writes: (
        "application.case.state = 'x'\nCase.objects.filter(id=1).update(state='x')\n"
        "q = 'UPDATE kernel_case SET state'\n"
    ),
    loose_chinese: "a = '会诊'\nb = _('会诊')\n",
    undocumented: "def f():\n    pass\n",
}


@pytest.mark.parametrize(("look", "code"), BROKEN.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_each_habit_is_noticed_when_broken(look, code):
    lines = len([line for line in code.splitlines() if line[0] != " "]) - (look is loose_chinese)
    assert len(list(look(ast.parse(code)))) == lines


def test_an_excuse_needs_a_reason(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("a = 1  # house: clock, because the protocol's timestamp is wall time\nb = 2  # house: clock\n")
    assert tree.excused(file, 1, "clock")
    assert not tree.excused(file, 1, "chinese")
    assert not tree.excused(file, 2, "clock")
