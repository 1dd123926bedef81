"""Finding every sentence in the source: Python code and Django templates, with the module that owns each."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[2]
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# In a component's dynamic attribute (`:label="_('Save')"`), where Django's own extraction does not look.
IN_ATTRIBUTE = re.compile(r"""_\((?P<quote>['"])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\)""")
SKIPPED = {"tests", "migrations", "__pycache__"}


@dataclass(frozen=True)
class Sentence:
    """One sentence: `id` is its text, or singular and plural; `home` is the folder whose `locale` keeps it."""

    id: str | tuple[str, str]
    context: str | None
    home: Path
    place: str

    @property
    def text(self) -> str:
        """The text, the singular one where there are two."""
        return self.id if isinstance(self.id, str) else self.id[0]


def list_sentences(package: Path = PACKAGE) -> list[Sentence]:
    """Every sentence in the package, in the order of files and lines; the same one once per home."""
    found: dict[tuple[Any, ...], Sentence] = {}
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.html"), *package.rglob("*.txt")]):
        if SKIPPED.isdisjoint(path.relative_to(package).parts):
            for line, identity, context in _in_file(path):
                place = f"{path.relative_to(package.parent).as_posix()}:{line}"
                sentence = Sentence(identity, context, home_of(path, package), place)
                found.setdefault((sentence.home, identity, context), sentence)
    return list(found.values())


def home_of(path: Path, package: Path = PACKAGE) -> Path:
    """The nearest folder above a file that has a `locale`; without one, the module's folder."""
    for folder in path.parents:
        if folder == package.parent:
            break
        if (folder / "locale").is_dir() and folder != package:
            return folder
    return package / path.relative_to(package).parts[0]


def _in_file(path: Path) -> Iterator[tuple[int, Any, str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _in_python(source)
        return
    # What templatize leaves is not whole Python: its lines must not be read as indented blocks.
    code = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    yield from _in_python(code)
    for found in IN_ATTRIBUTE.finditer(source):
        yield source.count("\n", 0, found.start()) + 1, re.sub(r"\\(.)", r"\1", found["text"]), None


def _in_python(code: str) -> Iterator[tuple[int, Any, str | None]]:
    for line, identity, _comments, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
        if identity and identity != ("",):
            yield line, identity, context
