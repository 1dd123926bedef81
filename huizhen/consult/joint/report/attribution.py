"""Whose words a text is, sentence by sentence: nobody is named for what their opinion does not say. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from huizhen.consult.joint.report.content import OpinionText, Paragraph

# house: chinese, because sentences end so
ENDS = "。！？；!?;"
BREAKS = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"  # what `str.splitlines` takes for the end of a line
# A sentence with its closing signs and the white space after it. Every sign of a text belongs to one of these.
PIECE = re.compile(rf"[^{ENDS}{BREAKS}]*[{ENDS}]*\s*")
# A full stop ends a sentence where white space follows: the sentence's own closing signs, and that white space.
STOP = re.compile(r"\.[\"'”’)\]]*\s+")
ABBREVIATIONS = frozenset({"al", "approx", "ca", "cf", "dr", "incl", "mr", "mrs", "ms", "prof", "resp", "st", "vs"})
NUMBERED = frozenset({"fig", "figs", "no", "nos", "p", "pp", "vol"})  # these stand for a word in front of a figure
FORMS = ("<wide>", "<narrow>")  # how Unicode marks what differs only in its width


@dataclass(frozen=True)
class Run:
    """Sentences of a paragraph that follow each other and have the same authors, by opinion; none: the chair's own."""

    text: str
    sources: tuple[str, ...] = ()


def split_paragraphs(text: str) -> list[str]:
    """Split at line breaks; blank lines and outer white space go."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def split_sentences(text: str) -> list[str]:
    """Split into sentences, each with its closing sign; a line break ends one too. A decimal point ends none, nor does
    the stop of an abbreviation, an initial, or a number in front of an item."""
    return [piece.strip() for piece in cut(text) if piece.strip()]


def cut(text: str) -> list[str]:
    """The sentences of a text with the white space after each: joined, they are the text."""
    return [sentence for piece in PIECE.findall(text) for sentence in _cut_at_stops(piece)]


def trace(text: str, opinions: Sequence[OpinionText]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each sentence of a text, and the ids of the opinions that say just that; none: the chair's own words."""
    return tuple((piece.strip(), sources) for piece, sources in _trace(text, opinions) if piece.strip())


def attribute(paragraph: Paragraph, opinions: Sequence[OpinionText]) -> tuple[Run, ...]:
    """The whole text of a paragraph, divided where the authors change. Only who is named for the paragraph and says
    the sentence is its author."""
    runs: list[Run] = []
    for piece, said in _trace(paragraph.text.strip(), opinions):
        sources = tuple(key for key in said if key in paragraph.sources)
        if runs and (not piece.strip() or runs[-1].sources == sources):
            runs[-1] = replace(runs[-1], text=runs[-1].text + piece)
        else:
            runs.append(Run(piece, sources))
    return tuple(replace(run, text=run.text.strip()) for run in runs)


def settle(paragraph: Paragraph, opinions: Sequence[OpinionText], silent: Collection[str]) -> Paragraph:
    """The paragraph with the sources that its sentences have: of those named who says one stays, and where nobody is
    named for a sentence, all come in who say it, but those in `silent`."""
    kept: set[str] = set()
    for _sentence, said in trace(paragraph.text, opinions):
        named = [key for key in said if key in paragraph.sources]
        kept.update(named or (key for key in said if key not in silent))
    return replace(paragraph, sources=tuple(one.id for one in opinions if one.id in kept))


def list_unused(opinions: Sequence[OpinionText], written: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What opinions say and the draft does not: by opinion, then by part; the assessment belongs to the conclusion."""
    used = {to_sameness(sentence) for text in written for sentence in split_sentences(text)}

    def left(text: str) -> tuple[str, ...]:
        return tuple(one for one in split_sentences(text) if to_sameness(one) not in used)

    return {one.id: {"conclusion": left(one.assessment), "advice": left(one.advice)} for one in opinions}


def to_sameness(sentence: str) -> str:
    """Full-width forms, spaces and a closing stop do not make two sentences of one; every other sign may matter, and a
    raised figure is not the figure."""
    even = "".join(_narrow(sign) for sign in unicodedata.normalize("NFC", sentence))
    folded = re.sub(r"\s+", " ", even).strip()
    return folded.rstrip("。.;；") or folded


def _cut_at_stops(piece: str) -> list[str]:
    found, start = [], 0
    for stop in STOP.finditer(piece):
        if _ends_sentence(piece[start : stop.start()], piece[stop.end() :]):
            found.append(piece[start : stop.end()])
            start = stop.end()
    return [*found, piece[start:]] if piece[start:] else found


def _ends_sentence(before: str, after: str) -> bool:
    """Whether a full stop between these two ends a sentence. In doubt it ends none: two that stay together are taken
    for one, which names nobody who does not say both."""
    words = before.split()
    word = words[-1].lstrip("([\"'“‘").lower() if words else ""
    if not word or after[:1].islower():
        return False
    if re.fullmatch(r"[\d.,]+", word):
        return len(words) > 1
    is_initial = len(word) == 1 and word.isascii()
    is_short = "." in word or word in ABBREVIATIONS or (word in NUMBERED and after[:1].isdigit())
    return not (is_initial or is_short)


def _narrow(sign: str) -> str:
    return unicodedata.normalize("NFKC", sign) if unicodedata.decomposition(sign).startswith(FORMS) else sign


def _trace(text: str, opinions: Sequence[OpinionText]) -> list[tuple[str, tuple[str, ...]]]:
    """Each piece of a text, white space and all, with the opinions that say it; of white space alone, nobody's."""
    said = {one.id: {to_sameness(s) for s in split_sentences(f"{one.findings}\n{one.assessment}\n{one.advice}")}
            for one in opinions}  # fmt: skip
    return [(piece, tuple(key for key, sentences in said.items() if piece.strip() and to_sameness(piece) in sentences))
            for piece in cut(text)]  # fmt: skip
