"""`huizhen where withdraw opinion`: the page, action, flow, template and tests of a thing, best match first."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huizhen.config.guide.features import PACKAGE, ROOT, shown

PER_ROLE = 4
IN_PATH, IN_NAME, IN_TEXT = 3.0, 4.0, 1.0
ROLES = [
    "page",
    "template",
    "endpoint",
    "flow",
    "action",
    "rule",
    "access",
    "query",
    "table",
    "effect",
    "job",
    "port",
    "document",
    "test",
    "other",
    "script",
]
BY_STEM = {
    "flow": "flow",
    "actions": "action",
    "rules": "rule",
    "access": "access",
    "queries": "query",
    "models": "table",
    "effects": "effect",
    "jobs": "job",
    "ports": "port",
    "fakes": "port",
}
EMPTY_WORDS = {
    "a",
    "an",
    "the",
    "of",
    "to",
    "by",
    "in",
    "on",
    "for",
    "is",
    "does",
    "how",
    "where",
    "who",
    "and",
    "with",
}
SEARCHED = {".py", ".html", ".md", ".ts", ".vue"}
SKIPPED = {"migrations", "node_modules", "dist", "__pycache__", "var", ".venv", "bench", "locale"}
WORD_ROW = re.compile(r"^\| (?P<words>[^|]+) \| (?P<code>[^|]+) \|")


@dataclass(frozen=True)
class Place:
    """One place that was found: what role it plays, the file, the line, and the name that matched there."""

    score: float
    role: str
    path: Path
    line: int
    name: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}  {self.name}".rstrip()


def where(*words: str) -> int:
    """Print where a thing lives, in plain words: `make where Q="a doctor withdraws an opinion"`."""
    places = find(" ".join(words))
    for role in ROLES:
        for number, place in enumerate(place for place in places if place.role == role):
            if number < PER_ROLE:
                sys.stdout.write(f"{'' if number else role:<10} {place}\n")
    if not places:
        sys.stdout.write("Nothing found. Try other words; docs/words.md has the names used in the code.\n")
    return 0 if places else 1


def find(question: str) -> list[Place]:
    """The places that match, best first: those at least half as good as the best, and more of its own feature. Of two
    that match alike, the thing itself stands before what tries it."""
    wanted = stems(question) | _in_code(question)
    places = [place for path in _files() for place in _in_file(path, wanted)]
    places.sort(key=lambda place: (-place.score, place.role == "test", place.path, place.line))
    if not places:
        return []
    enough, feature = places[0].score / 2, _feature(places[0].path)
    return [place for place in places if place.score >= enough or feature in place.path.with_suffix("").parts]


def _feature(path: Path) -> str:
    """The feature's name in a path such as `huizhen/consult/joint/…`, which its pages and tests carry too."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[2] if parts[0] == "huizhen" and len(parts) > 2 else ""


def stems(text: str) -> set[str]:
    """The words of a text, bare of their endings: `withdraws`, `withdrawal` and `withdraw` are one."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    return {_stem(word) for word in words if word not in EMPTY_WORDS}


def _stem(word: str) -> str:
    bare = re.sub(r"(ations?|ment|ings?|als?|ed|es|s)$", "", word)
    return bare if len(bare) >= 4 else re.sub(r"s$", "", word) if len(word) > 3 else word


def _in_code(question: str) -> set[str]:
    """The names in the code for the Chinese words of a question, from docs/words.md."""
    found: set[str] = set()
    for row in map(WORD_ROW.match, (ROOT / "docs/words.md").read_text(encoding="utf-8").splitlines()):
        chinese = [word.strip() for word in row["words"].split("/")] if row else []
        if row and any(word in question for word in chinese if word and not word.isascii()):
            found |= stems(row["code"])
    return found


def _files() -> Iterator[Path]:
    for folder in (PACKAGE, ROOT / "ui" / "src", ROOT / "client", ROOT / "tests", ROOT / "docs"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in SEARCHED and SKIPPED.isdisjoint(path.parts) and path.name != "__init__.py":
                yield path


def _role(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if "tests" in parts:
        return "test"
    by_ending = {".md": "document", ".html": "template", ".ts": "script", ".vue": "script"}.get(path.suffix)
    by_face = {"console": "page", "api": "endpoint"}.get(parts[1] if len(parts) > 1 else "")
    by_name = next((BY_STEM[name] for name in (path.stem, path.parent.name) if name in BY_STEM), None)
    return by_ending or by_face or by_name or "other"


def _in_file(path: Path, wanted: set[str]) -> Iterator[Place]:
    """The best place of a file, where it matches at all: each word counts once, where it weighs most."""
    in_path = stems(path.relative_to(ROOT).with_suffix("").as_posix()) & wanted
    best: Place | None = None
    for line, name, text in _named_places(path):
        in_name, in_text = stems(name) & wanted, stems(text) & wanted
        score = IN_PATH * len(in_path) + IN_NAME * len(in_name - in_path) + IN_TEXT * len(in_text - in_path - in_name)
        if score and (best is None or score > best.score):
            best = Place(score, _role(path), path, line, name)
    if best:
        yield best


def _named_places(path: Path) -> Iterator[tuple[int, str, str]]:
    """The names in a file with the words around them: functions, classes, moves and states; headings of a page."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield 1, "", source[:2000]
        return
    tree = ast.parse(source)
    yield 1, "", ast.get_docstring(tree) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name, ast.get_docstring(node) or ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Move", "State"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield node.lineno, str(first.value), ""
