"""The features of the house and the files that belong to each, found by the addresses they all keep."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "huizhen"
MODULES = [
    "kernel",
    "people",
    "records",
    "booking",
    "pay",
    "reviews",
    "lab",
    "escort",
    "desk",
    "ops",
    "content",
    "consult",
    "board",
    "console",
    "api",
    "live",
    "config",
]
FACES = ("console", "api", "live", "config")
NOT_FEATURES = {"tests", "migrations", "management", "locale", "templates", "static", "__pycache__"}


@dataclass(frozen=True)
class Feature:
    """One folder with rules of its own, or one module of a single file."""

    module: str
    name: str
    path: Path

    @property
    def address(self) -> str:
        """`consult.joint`."""
        return f"{self.module}.{self.name}"

    @property
    def about(self) -> str:
        """What it is, in one line: the first docstring among its files that readers open first."""
        if self.path.is_file():
            return first_line(self.path)
        first = [self.path / f"{name}.py" for name in ("__init__", "actions", "models", "rules", "queries", "ports")]
        lines = (first_line(path) for path in [*first, *sorted(self.path.glob("*.py"))] if path.exists())
        return next(filter(None, lines), "")

    def files(self) -> list[Path]:
        """Its own files, tests left out."""
        return [self.path] if self.path.is_file() else [p for p in source_files(self.path) if "tests" not in p.parts]

    def tests(self) -> list[Path]:
        """The folders of its tests."""
        return sorted(path for path in self.path.rglob("tests") if path.is_dir()) if self.path.is_dir() else []

    def faces(self) -> dict[str, list[Path]]:
        """The pages, templates and endpoints that show it, by the feature's name in their address."""
        if self.module in FACES:
            return {}
        named = {
            "page": _named(PACKAGE / "console" / self.module, self.name),
            "template": _named(PACKAGE / "console" / "templates" / self.module, self.name),
            "endpoint": _named(PACKAGE / "api", self.name),
        }
        return {role: paths for role, paths in named.items() if paths}

    def document(self) -> Path | None:
        """Its page for the person who builds on it, where there is one."""
        page = ROOT / "docs" / self.module / f"{self.name}.md"
        return page if page.exists() else None


def list_features() -> list[Feature]:
    """Every feature, module by module from the ground up."""
    return [feature for module in MODULES for feature in _in_module(module)]


def source_files(folder: Path) -> list[Path]:
    """The Python files below a folder, without migrations."""
    return sorted(path for path in folder.rglob("*.py") if not {"migrations", "__pycache__"} & set(path.parts))


def first_line(path: Path) -> str:
    """The first line of a Python file's docstring; empty where it has none."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n")[0]


def shown(path: Path) -> str:
    """The path from the root; a folder ends with a slash."""
    return path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")


def _in_module(module: str) -> Iterator[Feature]:
    for path in sorted((PACKAGE / module).iterdir()) if (PACKAGE / module).is_dir() else ():
        if path.is_dir() and path.name not in NOT_FEATURES and source_files(path):
            yield Feature(module, path.name, path)
        elif module == "kernel" and path.suffix == ".py" and path.stem in ("clock", "ids"):
            yield Feature(module, path.stem, path)


def _named(folder: Path, name: str) -> list[Path]:
    """Files and folders of this name below a folder; what lies in such a folder is not listed again."""
    found = sorted(path for path in folder.rglob("*") if path.stem == name and "tests" not in path.parts)
    return [path for path in found if not any(parent in found for parent in path.parents)]
