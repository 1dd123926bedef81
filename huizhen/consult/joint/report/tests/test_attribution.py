"""Nobody is named on the paper for words that their opinion does not hold."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizhen.consult.joint.report.attribution import Run, attribute, cut, split_sentences
from huizhen.consult.joint.report.content import OpinionText, Paragraph, ReportDraft, Stance
from huizhen.consult.joint.report.rules import NotReady, check_report, draft_report, settle_sources
from huizhen.consult.joint.report.sheet import lay_out
from huizhen.consult.joint.report.tests.samples import AGREED, AT, CHAIR, RADIOLOGIST, SURGEON, make_content

PEOPLE = (CHAIR, RADIOLOGIST, SURGEON)
PHRASES = (
    "考虑早期肺癌",
    "不考虑早期肺癌",
    "建议手术",
    "不建议手术",
    "剂量 0.5 mg",
    "剂量 5 mg",
    "10² 个",
    "102 个",
    "ＣＴ 所见",
    "CT 所见",
)
ENDS = ("。", "；", "？", "！", ";", "?", "", "\n", "。\n\n", " ", "\u2028", "。 ？", ".")
texts = st.lists(st.tuples(st.sampled_from(PHRASES) | st.text(max_size=6), st.sampled_from(ENDS)), max_size=5).map(
    lambda parts: "".join(phrase + end for phrase, end in parts)
)
stances = st.sampled_from(Stance)
ids = st.sampled_from(("o0", "o1", "o2", "o9"))
paragraphs = st.builds(Paragraph, texts, st.lists(ids, max_size=4).map(tuple))
drafts = st.builds(
    ReportDraft, st.lists(paragraphs, max_size=3).map(tuple), st.lists(paragraphs, max_size=3).map(tuple), st.just(())
)
opinions_given = st.lists(st.tuples(texts, texts, texts, stances), min_size=1, max_size=3).map(
    lambda rows: tuple(
        OpinionText(f"o{n}", PEOPLE[n], findings, assessment, advice, AT, stance)
        for n, (findings, assessment, advice, stance) in enumerate(rows)
    )
)


def flatten(text: str) -> str:
    """A text without width, white space and stops: told otherwise than the code does it, so that they check each other."""
    wide = {chr(0xFF01 + n): chr(0x21 + n) for n in range(94)}
    signs = "".join(wide.get(sign, sign) for sign in unicodedata.normalize("NFC", text))
    return re.sub(r"[\s。.;；]+", "", signs.replace("｡", ""))


def holds(opinion: OpinionText, sentence: str) -> bool:
    said = flatten(opinion.findings) + "\n" + flatten(opinion.assessment) + "\n" + flatten(opinion.advice)
    return flatten(sentence) in said


@given(opinions=opinions_given, edited=drafts)
def test_whatever_the_chair_writes_nobody_is_named_for_what_their_opinion_does_not_hold(opinions, edited):
    for draft in (edited, settle_sources(edited, opinions), draft_report(opinions, chair=CHAIR.key)):
        printed = lay_out(make_content(opinions, draft=draft), language="en", at=AT)
        kept = [*printed["conclusion"], *printed["advice"]]
        assert len(kept) == len(draft.conclusion) + len(draft.advice)
        for runs in kept:
            for run in runs:
                assert bool(run["from"]) != bool(run["own"])
                for name in run["from"].split(", ") if run["from"] else ():
                    author = next(one for one in opinions if one.expert.name == name)
                    assert all(holds(author, sentence) for sentence in split_sentences(run["text"]))


@given(opinions=opinions_given, text=texts, sources=st.lists(ids, max_size=3).map(tuple))
def test_no_sign_of_a_paragraph_is_lost_on_the_paper(opinions, text, sources):
    runs = attribute(Paragraph(text, sources), opinions)
    assert re.sub(r"\s", "", "".join(run.text for run in runs)) == re.sub(r"\s", "", text)


@given(opinions=opinions_given, edited=drafts)
def test_what_is_settled_passes_and_stays(opinions, edited):
    said = replace(edited, conclusion=(*edited.conclusion, Paragraph("结合临床")))
    settled = settle_sources(said, opinions)
    assert settle_sources(settled, opinions) == settled
    dissents = draft_report(opinions, chair=CHAIR.key).dissents
    check_report(make_content(opinions, draft=replace(settled, dissents=dissents)))


def test_a_paragraph_is_divided_where_its_authors_change():
    opinions = make_content().opinions
    runs = attribute(
        Paragraph(f"{AGREED}请结合临床。\n建议 2 周内转上级医院行增强 CT 及多学科评估。", ("o1", "o2")), opinions
    )
    assert runs == (
        Run(AGREED, ("o1", "o2")),
        Run("请结合临床。"),
        Run("建议 2 周内转上级医院行增强 CT 及多学科评估。", ("o1", "o2")),
    )


def test_a_changed_word_takes_the_name_away():
    content = make_content()
    paragraph = content.draft.conclusion[0]
    assert paragraph.sources == ("o1", "o2")
    changed = replace(content.draft, conclusion=(replace(paragraph, text=AGREED.replace("首先", "不")),))
    (settled,) = settle_sources(changed, content.opinions).conclusion
    assert settled.sources == ()
    with pytest.raises(NotReady) as refused:
        check_report(replace(content, draft=changed))
    assert (refused.value.code, refused.value.opinions) == ("foreign_words", ("o1", "o2"))


def test_an_experts_sentence_keeps_its_author_also_where_the_chair_names_nobody():
    content = make_content()
    (settled,) = settle_sources(replace(content.draft, conclusion=(Paragraph(AGREED),)), content.opinions).conclusion
    assert settled.sources == ("o1", "o2")


def test_who_differs_is_named_for_a_conclusion_only_by_the_chairs_hand():
    content = make_content()
    text = "恶性可能性大，不主张继续等待或先行穿刺。"
    for named, kept in (((), ()), (("o3",), ("o3",))):
        draft = replace(content.draft, conclusion=(Paragraph(text, named),))
        assert settle_sources(draft, content.opinions).conclusion[0].sources == kept


ENGLISH = (
    ("No fever. CT shows a nodule. Surgery is advised.", 3),
    ("Seen by Dr. Li and Prof. Chen. No further test.", 2),
    ("A nodule of 1.5 cm, e.g. in segment S3, i.e. the right upper lobe. Follow up.", 2),
    ("Size 12. Follow up in 3 months.", 2),
    ("Fig. 3 shows it, No. 5 does not. No. Nothing else.", 3),
    ("1. Right upper lobectomy. 2. CT after 3 months.", 2),
    ("Pembrolizumab 200 mg q.3.w. until progression. Then CT.", 2),
    ("Signed J. Smith. (See above.) “Wait.” Then look again!", 4),
    ("Nodule... unclear. Wait.", 2),
    ("CT 所见. 建议手术。请结合临床.", 3),
    ("Version 2.0 of the guideline applies.", 1),
)


@pytest.mark.parametrize(("text", "sentences"), ENGLISH)
def test_an_english_sentence_ends_with_its_stop_and_an_abbreviation_or_a_figure_ends_none(text, sentences):
    assert len(split_sentences(text)) == sentences, split_sentences(text)
    assert " ".join(split_sentences(text)).replace(" ", "") == text.replace(" ", "")


english = st.lists(
    st.sampled_from(
        ("Dr. ", "e.g. ", "1.5 cm", "No. 5", "a nodule", "CT", "1. ", ". ", ".", '." ', "\n", " ", "。", "? ")
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)


@given(text=english | texts)
def test_the_sentences_of_a_text_joined_are_the_text(text):
    assert "".join(cut(text)) == text
    assert all(cut(text))


@given(text=english | texts)
def test_a_sentence_is_one_sentence(text):
    assert all(split_sentences(sentence) == [sentence] for sentence in split_sentences(text))


def test_english_sentences_of_one_line_keep_their_authors():
    first, second, _third = make_content().opinions
    opinions = (
        replace(first, assessment="Early lung cancer is likely. Dr. Li saw a nodule of 1.5 cm. Surgery is advised."),
        replace(second, assessment="Surgery is advised. No PET-CT is needed."),
    )
    draft = draft_report(opinions, chair=CHAIR.key)
    assert [(one.text, one.sources) for one in draft.conclusion] == [
        (opinions[0].assessment, ("o1", "o2")),
        (opinions[1].assessment, ("o1", "o2")),
    ]
    written = "Early lung cancer is likely. Discuss it with the family. Surgery is advised."
    assert attribute(Paragraph(written, ("o1", "o2")), opinions) == (
        Run("Early lung cancer is likely.", ("o1",)),
        Run("Discuss it with the family."),
        Run("Surgery is advised.", ("o1", "o2")),
    )


def test_a_raised_figure_is_not_the_figure():
    (opinion, *_others) = make_content().opinions
    opinion = replace(opinion, assessment="白细胞 10² 个。ＣＴ 所见。")
    assert attribute(Paragraph("白细胞 102 个。CT 所见", ("o1",)), [opinion]) == (
        Run("白细胞 102 个。"),
        Run("CT 所见", ("o1",)),
    )


def test_what_one_line_says_already_is_not_written_again_and_each_sentence_names_all_who_say_it():
    first, second, _third = make_content().opinions
    opinions = (replace(first, assessment="甲。乙。"), replace(second, assessment="乙"))
    draft = draft_report(opinions, chair=CHAIR.key)
    assert draft.conclusion == (Paragraph("甲。乙。", ("o1", "o2")),)
    assert attribute(draft.conclusion[0], opinions) == (Run("甲。", ("o1",)), Run("乙。", ("o1", "o2")))
