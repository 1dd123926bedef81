"""Experts for a case: ranked with reasons, never invited by themselves; a refusal teaches."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.counting import Statements
from huizhen.consult.joint import actions as joint
from huizhen.consult.joint.meetings import actions as meetings
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.suggestions import actions, queries
from huizhen.consult.suggestions.models import Experience, Learning
from huizhen.consult.suggestions.rules import ranking
from huizhen.consult.suggestions.rules.ranking import Candidate
from huizhen.kernel import outbox
from huizhen.people.availability.actions import add_absence
from huizhen.people.tests.builders import make_organisation, make_practitioner
from huizhen.records.transcripts.models import Transcript

shares = st.floats(0, 1)


@given(st.lists(st.builds(
    Candidate, st.uuids(), shares, cases=st.integers(0, 500), unfit=st.integers(0, 9), near=shares,
    working=st.integers(0, 9), week=st.integers(0, 12), limit=st.sampled_from([0, 10]),
    answers_in=st.none() | st.integers(0, 5000), barred=st.sampled_from(["", "no_contract"]),
), max_size=12))  # fmt: skip
def test_ranking_keeps_everybody_bounded_and_the_barred_last(candidates):
    found = ranking.rank(candidates, at=make.MONDAY)
    assert len(found) == len(candidates)
    assert all(0 <= one.score <= 100 for one in found)
    by_id = {one.account_id: one for one in candidates}
    last = [by_id[one.account_id].full or bool(by_id[one.account_id].barred) for one in found]
    assert last == sorted(last)


@given(shares, st.integers(0, 5))
def test_more_refusals_never_help(fit, unfit):
    key = make.MONDAY
    scores = [
        ranking.weigh(Candidate(account_id=None, fit=fit, unfit=times), at=key).score for times in (unfit, unfit + 1)
    ]
    assert scores[0] >= scores[1]


def test_the_right_department_stands_first_with_reasons(cast):
    city = make_organisation("江城胸科医院", parent=cast.platform)
    surgeon = make_practitioner(city, name="沈毅", specialties=("胸外科专业",), subspecialty="肺结节、纵隔肿瘤")
    make_practitioner(city, name="皮肤科甲", specialties=("皮肤病专业",))
    away = make_practitioner(city, name="休假的", specialties=("胸外科专业",))
    add_absence(away.account_id, kind="leave", starts_at=cast.at, ends_at=cast.at + timedelta(days=9),
                actor=cast.actor(away.account), at=cast.at)  # fmt: skip
    application = make.assigning(cast)
    found = queries.suggest(application, at=cast.at, wanted=[("04.05", 1.0)])
    assert [one.account_id for one in found] == [surgeon.account_id, away.account_id]
    assert {"specialty", "focus", "free", "near"} <= {reason.code for reason in found[0].reasons}
    assert [reason.code for reason in found[1].reasons if reason.against] == ["away"]
    everybody = {one.account_id for one in queries.suggest(application, at=cast.at, most=99)}
    assert {expert.id for expert in cast.experts} <= everybody
    assert application.invitations.count() == 0


def test_a_suggestion_takes_ten_statements_however_many_are_weighed(cast):
    application = make.fresh(make.assigning(cast))
    queries.suggest(application, at=cast.at)
    for number in range(15):
        make_practitioner(cast.county, name=f"医生{number}")
    with Statements() as found:
        assert len(queries.suggest(application, at=cast.at, most=99)) >= 15
    assert len(found) <= 10, found


def test_who_sits_in_a_meeting_is_free_after_it(cast):
    expert, free, _other = cast.experts
    coordinator, length = cast.actor(cast.coordinator), timedelta(minutes=60)
    asked = make.assigning(cast, wants_meeting=True)
    [invitation] = joint.invite(coordinator, asked.case_id, [expert.id], at=cast.at)
    joint.answer(cast.actor(expert), invitation.id, accepts=True, at=cast.at)
    joint.name_chair(coordinator, asked.case_id, invitation.id, at=cast.at)
    joint.make_move(coordinator, asked.case_id, "start_review", at=cast.at)
    offered = meetings.offer_times(coordinator, asked.case_id, minutes=60, at=cast.at)
    first = offered.options.order_by("starts_at").first()
    meeting = meetings.fix_meeting(coordinator, asked.case_id, first.id, at=cast.at)
    second, at = make.assigning(cast), meeting.starts_at + timedelta(minutes=5)
    told = {
        one.account_id: reason.data["at"]
        for one in queries.suggest(make.fresh(second), at=at)
        for reason in one.reasons
        if reason.code == "free"
    }
    assert told[expert.id] == meeting.starts_at + length
    assert told[free.id] == at


def test_a_refusal_as_not_my_field_lowers_and_experience_raises(cast):
    application = make.reviewing(cast)
    make.sign(cast, application, cast.experts[1])
    outbox.run_pending(cast.later(minutes=1))
    assert not Experience.objects.filter(sort="unfit").exists()
    second = make.assigning(cast)
    one, two, _three = cast.experts
    [asked] = joint.invite(cast.actor(cast.coordinator), second.case_id, [one.id], at=cast.later(minutes=1))
    joint.answer(cast.actor(one), asked.id, accepts=False, why="not_my_field", at=cast.later(minutes=30))
    outbox.run_pending(cast.later(minutes=1))
    for expert in cast.experts:
        for _again in range(2):
            actions.count_expert(expert.id, at=cast.at)
    assert Experience.objects.get(expert=one, sort="unfit").cases == 1
    assert Experience.objects.get(expert=two, sort="topic", key="lung-nodule").cases == 1
    found = {s.account_id: s for s in queries.suggest(make.fresh(second), at=cast.at)}
    assert found[two.id].score > found[one.id].score
    assert "unfit" in {reason.code for reason in found[one.id].reasons}
    told = next(reason for reason in found[two.id].reasons if reason.code == "experience")
    assert told.data == {"cases": 1, "topic": "lung-nodule"}


def test_learning_from_own_cases_is_used_only_if_it_is_no_worse(cast):
    make.delivered(cast)
    first = actions.learn(at=cast.at)
    assert first.figures["held_out"] == 1
    assert first.in_use == (first.figures["own_after"] >= first.figures["own_before"])
    assert queries.get_model().guess("肺结节")[0].specialty == "03.01"
    actions.learn(at=cast.at)
    assert Learning.objects.filter(in_use=True).count() <= 1


@pytest.mark.parametrize("text", ["", "肺"])
def test_no_topic_is_better_than_a_wrong_one(text):
    assert queries.find_topics(text, ["03.01"]) == []


def test_confirmed_reports_speak_with_the_question(cast):
    application = make.submitted(
        cast, question="结果异常，请问下一步？", summary="体检发现异常，无不适，请专家看看报告。"
    )
    document_id = application.materials.get().document_id
    asked = {"document_id": document_id, "asked_at": cast.at, "state": "read", "pages": [
        {"lines": [{"text": "游离甲状腺素 FT4 35.2 pmol/L ↑"}, {"text": "促甲状腺激素 TSH 0.01 ↓，提示甲状腺功能亢进"}]}
    ]}  # fmt: skip
    row, _made = Transcript.objects.update_or_create(document_id=document_id, defaults=asked)
    before = queries.read_need(make.fresh(application))
    row.state, row.confirmed_at, row.confirmed_by = "confirmed", cast.at, cast.applicant
    row.save()
    after = queries.read_need(make.fresh(application))
    assert "03.07" not in dict(before.wanted), "nobody has confirmed it yet"
    assert "03.07" in dict(after.wanted), "endocrinology"
