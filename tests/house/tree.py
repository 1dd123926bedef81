"""The tree as the house tests see it: which files there are, and their syntax."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "var", "node_modules", "dist", "out", "__pycache__", "migrations"}


def is_test(path: Path) -> bool:
    """Whether a file only serves tests."""
    return "tests" in path.relative_to(ROOT).parts or path.name == "conftest.py"


def files(*suffixes: str, under: str = ".") -> list[Path]:
    """Every file of ours with one of these endings, in order."""
    return sorted(path for path in _walk(ROOT / under) if path.name.endswith(suffixes))


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and path.name not in NOT_OURS and not path.name.endswith("_cache"):
            yield from _walk(path)
        elif path.is_file():
            yield path


def product() -> list[Path]:
    """The Python files of the server, without tests and migrations."""
    return [path for path in files(".py", under="huizhen") if not is_test(path)]


def python() -> list[Path]:
    """Every Python file of ours, tests included."""
    return files(".py")


@functools.cache
def syntax(path: Path) -> ast.Module:
    """The file's syntax tree; parsed once for all house tests."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """The path as people write it, from the root."""
    return path.relative_to(ROOT).as_posix()


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or an attribute of one; the empty text for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(parsed: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement, wherever it stands."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def imported(node: ast.Import | ast.ImportFrom) -> str:
    """The modules an import statement names, comma-separated."""
    return (node.module or "") if isinstance(node, ast.ImportFrom) else ",".join(alias.name for alias in node.names)


EXCUSE = re.compile(r"# house: (?P<rule>\w+), because (?P<reason>.{12,})")


def excused(path: Path, line: int, rule: str) -> bool:
    """Whether the line, or a comment right above it, says `# house: <rule>, because …`: none without its reason."""
    lines = path.read_text(encoding="utf-8").splitlines()
    above = lines[line - 2] if line > 1 and lines[line - 2].lstrip().startswith("#") else ""
    return any(found["rule"] == rule for found in map(EXCUSE.search, (lines[line - 1], above)) if found)


def texts(parsed: ast.AST) -> Iterator[ast.Constant]:
    """Every text in the code except docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(parsed)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(parsed):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node


def roots(parsed: ast.AST) -> set[str]:
    """The first names of all imported modules; relative imports have none."""
    names = [name for node in imports(parsed) if not getattr(node, "level", 0) for name in imported(node).split(",")]
    return {name.split(".")[0] for name in names if name}
