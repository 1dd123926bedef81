from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.consult.joint.report.content import Correction, Paragraph, ReportDraft, Stance
from huizhen.consult.joint.report.rules import NotReady, check_report, draft_report, get_stance
from huizhen.consult.joint.report.tests.samples import AGREED, AT, CHAIR, make_content, make_opinions

stances = st.sampled_from(Stance)


def test_the_same_sentence_of_two_experts_is_written_once_with_both_names():
    draft = draft_report(make_opinions(), chair=CHAIR.key)
    assert draft.conclusion == (Paragraph(AGREED, ("o1", "o2")),)
    assert draft.advice[0].sources == ("o1", "o2")
    assert draft.advice[1].sources == ("o1",)


def test_numbers_are_never_merged():
    first, second, _third = make_opinions()
    opinions = (replace(first, advice="阿托品 0.5 mg"), replace(second, advice="阿托品 0.5 mg。"))
    assert len(draft_report(opinions, chair="e1").advice) == 1
    opinions = (replace(first, advice="阿托品 0.5 mg"), replace(second, advice="阿托品 5 mg"))
    assert len(draft_report(opinions, chair="e1").advice) == 2


def test_the_dissent_is_kept_in_its_authors_words_and_gives_nothing_to_the_conclusion():
    draft = draft_report(make_opinions(), chair=CHAIR.key)
    (dissent,) = draft.dissents
    assert dissent.opinion == "o3"
    assert "不先行经皮穿刺活检" in dissent.text
    assert not any("o3" in part.sources for part in (*draft.conclusion, *draft.advice))


@given(own=stances, chair=st.none() | stances)
def test_the_chair_may_recognise_a_dissent_and_never_silence_one(own, chair):
    opinion = replace(make_opinions()[0], stance=own, chair_stance=chair)
    strength = list(Stance)
    assert strength.index(get_stance(opinion)) >= strength.index(own)
    if chair:
        assert strength.index(get_stance(opinion)) >= strength.index(chair)


@given(given_stances=st.lists(st.tuples(stances, st.none() | stances), min_size=1, max_size=5))
def test_every_dissent_is_in_the_draft_and_no_report_goes_out_without_it(given_stances):
    first = make_opinions()[0]
    opinions = tuple(
        replace(first, id=f"o{number}", assessment=f"判断 {number}", stance=own, chair_stance=chair)
        for number, (own, chair) in enumerate(given_stances)
    )
    draft = draft_report(opinions, chair=CHAIR.key)
    differing = {one.id for one in opinions if get_stance(one) is not Stance.AGREE}
    assert {one.opinion for one in draft.dissents} == differing
    conclusion = draft.conclusion or (Paragraph("意见不一，请结合各专家意见。"),)
    check_report(make_content(opinions, draft=replace(draft, conclusion=conclusion)))
    for lost in draft.dissents:
        kept = tuple(one for one in draft.dissents if one is not lost)
        with pytest.raises(NotReady, match="dissent_lost"):
            check_report(make_content(opinions, draft=ReportDraft(conclusion, draft.advice, kept)))


def test_a_dissent_may_not_be_reworded():
    content = make_content()
    soft = replace(content.draft.dissents[0], text="基本同意")
    with pytest.raises(NotReady) as refused:
        check_report(replace(content, draft=replace(content.draft, dissents=(soft,))))
    assert (refused.value.code, refused.value.opinions) == ("dissent_lost", ("o3",))


def _without_conclusion(content):
    return replace(content, draft=replace(content.draft, conclusion=(Paragraph("  "),)))


def _with_a_stranger(content):
    return replace(content, draft=replace(content.draft, advice=(Paragraph("建议", ("o9",)),)))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_without_conclusion, "no_conclusion"),
        (_with_a_stranger, "unknown_source"),
        (lambda content: replace(content, opinions=()), "no_opinions"),
        (lambda content: replace(content, version=2), "no_reason"),
        (lambda content: replace(content, version=2, correction=Correction(1, AT, "ab", " ")), "no_reason"),
        (lambda content: replace(content, version=2, correction=Correction(2, AT, "ab", "笔误")), "same_version"),
    ],
)
def test_a_report_that_is_not_ready_says_why(spoil, code):
    with pytest.raises(NotReady) as refused:
        check_report(spoil(make_content()))
    assert refused.value.code == code


def test_no_draft_without_opinions():
    with pytest.raises(NotReady, match="no_opinions"):
        draft_report((), chair="e1")
