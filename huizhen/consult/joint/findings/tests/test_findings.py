"""Structured findings: what a template may ask, what an answer may be, and that what was said never changes."""

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.findings import catalogue, rules
from huizhen.consult.joint.findings.models import OpinionTemplate
from huizhen.consult.joint.findings.queries import list_templates
from huizhen.consult.joint.queries import get_report_in_work
from huizhen.consult.joint.report.attribution import list_unused, split_sentences, trace
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel.flow.language import Refused

SHIPPED = {one["code"]: one for one in catalogue.list_shipped()}
NODULE = SHIPPED["lung-nodule"]["item"]


@pytest.fixture
def cast(signing, db):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        list(catalogue.load(make.MONDAY))
        yield make.make_cast(travel)


@pytest.mark.parametrize("template", SHIPPED)
def test_what_comes_with_the_product_can_be_asked(template):
    rules.check_items(SHIPPED[template]["item"])


@pytest.mark.parametrize(
    "items",
    [
        None, [], [{"key": "Ä"}], [{"key": "a", "kind": "date", "label": "x", "label_en": "x"}],
        [NODULE[1], NODULE[1]], [{**NODULE[0], "choices": NODULE[0]["choices"][:1]}],
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_asked_is_refused(items):
    with pytest.raises(rules.BadTemplate):
        rules.check_items(items)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"site": "heart"}, "not_a_choice"), ({"site": ["rul", "lul"]}, "not_a_choice"),
        ({"diameter": "abc"}, "not_a_number"), ({"diameter": "NaN"}, "not_a_number"), ({"diameter": 900}, "out_of_range"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused(answers, code):
    with pytest.raises(rules.BadAnswer) as refusal:
        rules.read_answers(NODULE, answers)
    assert refusal.value.code == code


@given(st.dictionaries(st.sampled_from([one["key"] for one in NODULE]), st.none() | st.text(max_size=5) | st.floats()))
def test_any_answer_is_read_or_refused_by_name(answers):
    try:
        rows = rules.read_answers(NODULE, answers)
    except rules.BadAnswer as refusal:
        named = refusal.key
    else:
        named = next((row["key"] for row in rows), None)
        assert all(row["shown"] and row["shown_en"] for row in rows)
    assert named is None or named in answers


def test_answers_read_in_both_languages_and_lie_side_by_side():
    one = {"rows": rules.read_answers(NODULE, {"site": "rul", "diameter": "14.0", "signs": ["spiculated", "pleural"]})}
    other = {"rows": rules.read_answers(NODULE, {"site": "rul", "diameter": 15})}
    assert rules.write_lines(one) == "结节位置：右肺上叶\n平均径：14 mm\n征象：毛刺、胸膜牵拉"
    rows = {row["label"]: row for row in rules.lay_side_by_side([one, other], english=True)}
    assert rows["Mean diameter"] == {"label": "Mean diameter", "cells": ["14 mm", "15 mm"], "differs": True}
    assert not rows["Site"]["differs"]
    assert rows["Signs"] == {"label": "Signs", "cells": ["spiculation, pleural retraction", ""], "differs": False}


def test_an_operators_change_leaves_what_was_signed_alone(cast):
    application = make.reviewing(cast)
    actor = cast.actor(cast.experts[0])
    fields = actions.OpinionFields(
        "余肺清晰。", "考虑早期肺癌。", "建议手术。", template="lung-nodule", answers={"site": "rul", "diameter": 14}
    )
    actions.save_opinion(actor, application.case_id, fields, at=cast.at)
    OpinionTemplate.objects.filter(code="lung-nodule").update(items=[{**NODULE[0], "label": "部位"}], active=False)
    signed = actions.sign_opinion(actor, application.case_id, at=cast.later(minutes=1))
    assert "结节位置：右肺上叶\\n平均径：14 mm\\n余肺清晰。" in signed.statement
    for expert in cast.experts[1:]:
        make.sign(cast, application, expert)
    actions.approve_report(actor, application.case_id, at=cast.later(minutes=1))
    actions.issue_report(application.case_id, at=cast.later(minutes=1))
    assert make.state(application) == "delivered", "the statement still says what the paper prints"
    assert [one.code for one in list_templates("03.01")] == ["heart-failure", "general"]


def test_a_wrong_answer_keeps_nothing(cast):
    application = make.reviewing(cast)
    fields = actions.OpinionFields("", "", "", template="lung-nodule", answers={"diameter": "-3"})
    with pytest.raises(Refused):
        actions.save_opinion(cast.actor(cast.experts[0]), application.case_id, fields, at=cast.at)
    assert not make.fresh(application).opinions.all()


def test_each_sentence_of_the_draft_knows_whose_words_it_is(cast):
    application = make.drafting(cast)
    actions.begin_draft(application.case_id, at=cast.at)
    texts = actions.list_texts(application.id)
    first, second, third = (one.id for one in texts)
    [(says, whose), (_own, nobody)] = trace("考虑早期肺癌可能。请结合临床。", texts)
    assert (says, whose, nobody) == ("考虑早期肺癌可能。", (first, second), ())
    draft = get_report_in_work(application.id).content
    left = list_unused(texts, [piece["text"] for part in ("conclusion", "advice") for piece in draft[part]])
    assert left[first] == {"conclusion": (), "advice": ()}
    assert left[third]["conclusion"] == ("倾向炎性结节。",)
    assert split_sentences("直径 3.5 mm；无钙化。\n建议复查") == ["直径 3.5 mm；", "无钙化。", "建议复查"]
    assert len(access_joint(cast.actor(cast.experts[0]), application.case_id).opinions()) == 3
