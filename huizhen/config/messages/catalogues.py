"""The .po files: read, brought up to date with the source, and compiled for Django."""

import io
import os
import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from huizhen.config.messages.sources import PACKAGE, Sentence

LANGUAGES = ("zh_Hans", "en")
CHINESE = re.compile(r"[\u3400-\u9fff]")
WIDTH = 120


def language_needed(sentence: Sentence) -> str:
    """The language a sentence must be translated into: English where its text is Chinese, else Chinese."""
    return "en" if CHINESE.search(sentence.text) else "zh_Hans"


def path_of(home: Path, language: str) -> Path:
    """Where a home keeps its sentences in a language."""
    return home / "locale" / language / "LC_MESSAGES" / "django.po"


def read(path: Path, language: str) -> Catalog:
    """The catalogue in a file; an empty one where there is no file."""
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as handle:
        return read_po(handle, locale=language)


def files(package: Path = PACKAGE) -> list[Path]:
    """Every .po file, in order."""
    return sorted(package.glob("**/locale/*/LC_MESSAGES/django.po"))


def merge(sentences: Iterable[Sentence]) -> list[Path]:
    """Write new sentences into their catalogues, untranslated, and mark the ones gone (`#~`); return what changed."""
    homes: dict[Path, list[Sentence]] = {}
    for sentence in sentences:
        homes.setdefault(sentence.home, []).append(sentence)
    return [
        path
        for home, ours in sorted(homes.items())
        for language in LANGUAGES
        for path in [path_of(home, language)]
        if _merge_one(path, language, ours)
    ]


def _merge_one(path: Path, language: str, sentences: list[Sentence]) -> bool:
    kept = read(path, language)
    template = Catalog()
    for sentence in sentences:
        if language_needed(sentence) == language or kept.get(sentence.id, sentence.context):
            template.add(sentence.id, context=sentence.context)
    if not path.exists() and not len(template):
        return False
    kept.update(template, no_fuzzy_matching=True, update_creation_date=False)
    written = _as_bytes(kept)
    if path.exists() and path.read_bytes() == written:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written)
    return True


def _as_bytes(catalogue: Catalog) -> bytes:
    """The file without dates and line numbers, so that it changes only when a sentence does."""
    language = str(catalogue.locale)
    plural = f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};"
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    )
    body = io.BytesIO()
    write_po(body, catalogue, width=WIDTH, no_location=True, omit_header=True, sort_output=True)
    return head.encode() + body.getvalue()


def compile_all(package: Path = PACKAGE) -> int:
    """Make the .mo file beside each .po file that is newer; return how many were made."""
    stale = [po for po in files(package) if _is_newer(po, po.with_suffix(".mo"))]
    for po in stale:
        fresh = io.BytesIO()
        write_mo(fresh, read(po, po.parts[-3]))
        # Written beside and moved: another process may be reading the old one.
        beside = po.with_suffix(f".mo.{os.getpid()}")
        beside.write_bytes(fresh.getvalue())
        beside.replace(po.with_suffix(".mo"))
    return len(stale)


def _is_newer(po: Path, mo: Path) -> bool:
    return not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime
