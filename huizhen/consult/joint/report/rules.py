"""Drafting a report from its opinions: what agrees is joined, what does not is kept, nothing loses its author."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from huizhen.consult.joint.report.content import Dissent, OpinionText, Paragraph, ReportContent, ReportDraft, Stance

SENTENCE = re.compile(r"[^。！？；!?;]+[。！？；!?;]*")
STRENGTH = {Stance.AGREE: 0, Stance.PARTLY: 1, Stance.DISSENT: 2}


class NotReady(ValueError):
    """The report cannot be issued; `code` says why: no_opinions, no_conclusion, dissent_lost, unknown_source,
    same_version, no_reason."""

    def __init__(self, code: str, opinions: Iterable[str] = ()) -> None:
        self.code = code
        self.opinions = tuple(opinions)
        super().__init__(f"{code}: {', '.join(self.opinions)}" if self.opinions else code)


def get_stance(opinion: OpinionText) -> Stance:
    """Return the stance that counts: the stronger of the expert's word and the chair's reading.

    The chair may recognise a dissent that its author did not name, and can never talk one away.
    """
    chair = opinion.chair_stance or opinion.stance
    return max(opinion.stance, chair, key=STRENGTH.__getitem__)


def draft_report(opinions: Sequence[OpinionText], *, chair: str) -> ReportDraft:
    """Draft conclusion and advice from the opinions, the chair's (key `chair`) first, then in the order of signing.

    The same sentence said by several is written once with all its authors. A full dissent gives nothing to the
    conclusion and stands in `dissents`, as partial ones do, in its author's words.

    Raises:
        NotReady: `no_opinions`.
    """
    if not opinions:
        raise NotReady("no_opinions")
    ordered = sorted(opinions, key=lambda one: (one.expert.key != chair, one.signed_at, one.id))
    carried = [one for one in ordered if get_stance(one) is not Stance.DISSENT]
    return ReportDraft(
        conclusion=_join((one.id, one.assessment) for one in carried),
        advice=_join((one.id, one.advice) for one in carried),
        dissents=tuple(_dissent(one) for one in ordered if get_stance(one) is not Stance.AGREE),
    )


def check_report(content: ReportContent) -> None:
    """Refuse a report whose edited draft lost a dissent, names an unknown source or concludes nothing.

    Raises:
        NotReady: with the code and the opinions concerned.
    """
    if not content.opinions:
        raise NotReady("no_opinions")
    if not any(paragraph.text.strip() for paragraph in content.draft.conclusion):
        raise NotReady("no_conclusion")
    owed = {one.id: _dissent(one) for one in content.opinions if get_stance(one) is not Stance.AGREE}
    kept = {one.opinion: one for one in content.draft.dissents}
    lost = sorted(opinion for opinion, dissent in owed.items() if kept.get(opinion) != dissent)
    if lost:
        raise NotReady("dissent_lost", lost)
    known = {one.id for one in content.opinions}
    named = {source for part in (*content.draft.conclusion, *content.draft.advice) for source in part.sources}
    unknown = sorted((named | set(kept)) - known)
    if unknown:
        raise NotReady("unknown_source", unknown)
    _check_correction(content)


def _check_correction(content: ReportContent) -> None:
    if content.correction is None:
        if content.version != 1:
            raise NotReady("no_reason")
        return
    if content.correction.of_version >= content.version:
        raise NotReady("same_version")
    if not content.correction.reason.strip():
        raise NotReady("no_reason")


def split_paragraphs(text: str) -> list[str]:
    """Split at line breaks; blank lines and outer white space go."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def split_sentences(text: str) -> list[str]:
    """Split into sentences, each with its closing sign; a line break ends one too. A decimal point ends none."""
    return [part.strip() for line in split_paragraphs(text) for part in SENTENCE.findall(line) if part.strip()]


def trace(text: str, opinions: Sequence[OpinionText]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each sentence of a text, and the ids of the opinions that say just that; none: the chair's own words."""
    said = {one.id: {_sameness(s) for s in split_sentences(f"{one.findings}\n{one.assessment}\n{one.advice}")}
            for one in opinions}  # fmt: skip
    return tuple(
        (sentence, tuple(key for key, sentences in said.items() if _sameness(sentence) in sentences))
        for sentence in split_sentences(text)
    )


def list_unused(opinions: Sequence[OpinionText], written: Iterable[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What opinions say and the draft does not: by opinion, then by part; the assessment belongs to the conclusion."""
    used = {_sameness(sentence) for text in written for sentence in split_sentences(text)}

    def left(text: str) -> tuple[str, ...]:
        return tuple(one for one in split_sentences(text) if _sameness(one) not in used)

    return {one.id: {"conclusion": left(one.assessment), "advice": left(one.advice)} for one in opinions}


def _join(texts: Iterable[tuple[str, str]]) -> tuple[Paragraph, ...]:
    words: dict[str, str] = {}
    authors: dict[str, list[str]] = {}
    for opinion, text in texts:
        for line in split_paragraphs(text):
            key = _sameness(line)
            words.setdefault(key, line)
            if opinion not in authors.setdefault(key, []):
                authors[key].append(opinion)
    return tuple(Paragraph(words[key], tuple(authors[key])) for key in words)


def _sameness(line: str) -> str:
    """Full-width forms, spaces and a closing stop do not make two sentences of one; every other sign may matter."""
    folded = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", line)).strip()
    return folded.rstrip("。.;；") or folded


def _dissent(opinion: OpinionText) -> Dissent:
    stance = get_stance(opinion)
    by_chair = stance is not opinion.stance
    reason = opinion.chair_reason if by_chair else opinion.stance_reason
    text = "\n".join(split_paragraphs(opinion.assessment) + split_paragraphs(opinion.advice))
    return Dissent(opinion.id, stance, reason, text, by_chair)
