"""Drafting a report from its opinions: what agrees is joined, what does not is kept, nothing loses its author."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from huizhen.consult.joint.report.attribution import settle, split_paragraphs, split_sentences, to_sameness
from huizhen.consult.joint.report.content import Dissent, OpinionText, Paragraph, ReportContent, ReportDraft, Stance

STRENGTH = {Stance.AGREE: 0, Stance.PARTLY: 1, Stance.DISSENT: 2}


class NotReady(ValueError):
    """The report cannot be issued; `code` says why: no_opinions, no_conclusion, dissent_lost, unknown_source,
    foreign_words, same_version, no_reason."""

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

    A line whose sentences are all written already is not written again; each line names everybody who says one of its
    sentences. A full dissent gives nothing to the conclusion and stands in `dissents`, as partial ones do, in its
    author's words.

    Raises:
        NotReady: `no_opinions`.
    """
    if not opinions:
        raise NotReady("no_opinions")
    ordered = sorted(opinions, key=lambda one: (one.expert.key != chair, one.signed_at, one.id))
    carried = [one for one in ordered if get_stance(one) is not Stance.DISSENT]
    draft = ReportDraft(
        conclusion=_join(one.assessment for one in carried),
        advice=_join(one.advice for one in carried),
        dissents=tuple(_dissent(one) for one in ordered if get_stance(one) is not Stance.AGREE),
    )
    return settle_sources(draft, ordered)


def settle_sources(draft: ReportDraft, opinions: Sequence[OpinionText]) -> ReportDraft:
    """The draft with the sources that its words have: an opinion stays named only where it says one of the paragraph's
    sentences, and a sentence that opinions say and nobody is named for names them. A full dissent is named for a
    conclusion only where the chair named it."""
    silent = {one.id for one in opinions if get_stance(one) is Stance.DISSENT}
    return replace(
        draft,
        conclusion=tuple(settle(one, opinions, silent) for one in draft.conclusion),
        advice=tuple(settle(one, opinions, silent) for one in draft.advice),
    )


def check_report(content: ReportContent) -> None:
    """Refuse a report whose edited draft lost a dissent, names an unknown source or one that does not say the words, or
    concludes nothing.

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
    _check_words(content)
    _check_correction(content)


def _check_words(content: ReportContent) -> None:
    for one in (*content.draft.conclusion, *content.draft.advice):
        foreign = set(one.sources) - set(settle(one, content.opinions, set()).sources)
        if foreign:
            raise NotReady("foreign_words", sorted(foreign))


def _check_correction(content: ReportContent) -> None:
    if content.correction is None:
        if content.version != 1:
            raise NotReady("no_reason")
        return
    if content.correction.of_version >= content.version:
        raise NotReady("same_version")
    if not content.correction.reason.strip():
        raise NotReady("no_reason")


def _join(texts: Iterable[str]) -> tuple[Paragraph, ...]:
    written: set[str] = set()
    kept = []
    for line in (line for text in texts for line in split_paragraphs(text)):
        sentences = {to_sameness(sentence) for sentence in split_sentences(line)}
        if not sentences <= written:
            kept.append(Paragraph(line))
        written |= sentences
    return tuple(kept)


def _dissent(opinion: OpinionText) -> Dissent:
    stance = get_stance(opinion)
    by_chair = stance is not opinion.stance
    reason = opinion.chair_reason if by_chair else opinion.stance_reason
    text = "\n".join(split_paragraphs(opinion.assessment) + split_paragraphs(opinion.advice))
    return Dissent(opinion.id, stance, reason, text, by_chair)
