"""What is wrong with the translations: missing, fuzzy, other placeholders, two translations of one sentence."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message

from huizhen.config.messages import catalogues
from huizhen.config.messages.sources import PACKAGE, Sentence, list_sentences

PLACEHOLDERS = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")


def list_faults(package: Path = PACKAGE) -> list[str]:
    """Every fault, as a line that names the place and the sentence. Empty when both languages are complete."""
    by_path = {path: catalogues.read(path, path.parts[-3]) for path in catalogues.files(package)}
    faults = [fault for sentence in list_sentences(package) for fault in _missing(sentence, by_path)]
    for path, catalogue in by_path.items():
        shown = path.relative_to(package.parent).as_posix()
        faults += [f"{shown}: {fault}" for message in catalogue if message.id for fault in _message_faults(message)]
    return faults + list(_contradictions(by_path))


def _missing(sentence: Sentence, by_path: dict[Path, Catalog]) -> Iterator[str]:
    language = catalogues.language_needed(sentence)
    catalogue = by_path.get(catalogues.path_of(sentence.home, language))
    message = catalogue.get(sentence.id, sentence.context) if catalogue else None
    if message is None or not _forms(message):
        yield f"{sentence.place}: no {language} for {sentence.text!r}"


def _message_faults(message: Message) -> Iterator[str]:
    ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
    if message.fuzzy:
        yield f"fuzzy: {ids[0]!r}"
    asked = [set(PLACEHOLDERS.findall(text)) for text in ids]
    for form in _forms(message):
        given = set(PLACEHOLDERS.findall(form))
        # One of two texts may leave the number out ("one case"), so each form answers to all of them together.
        wrong = given - set().union(*asked) or (set.intersection(*asked) - given)
        if wrong:
            yield f"placeholders {', '.join(sorted(wrong))} do not agree: {ids[0]!r} → {form!r}"
        if ids[0].endswith("\n") != form.endswith("\n"):
            yield f"only one ends its line: {ids[0]!r}"


def _forms(message: Message) -> list[str]:
    """The translated forms; none of them when one is missing."""
    strings = message.string if isinstance(message.string, list | tuple) else (message.string,)
    given = [text for text in strings if text]
    return given if len(given) == len(strings) else []


def _contradictions(by_path: dict[Path, Catalog]) -> Iterator[str]:
    seen: dict[Any, tuple[Any, Path]] = {}
    for path, catalogue in by_path.items():
        for message in catalogue:
            if message.id and _forms(message):
                key = (path.parts[-3], message.id, message.context)
                first, where = seen.setdefault(key, (message.string, path))
                if first != message.string:
                    yield f"{message.id!r} is {first!r} in {where.parts[-5]} and {message.string!r} in {path.parts[-5]}"
