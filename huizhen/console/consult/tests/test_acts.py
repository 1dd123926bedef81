"""Every act on a consultation through its page: by whom it may be done, by whom it is refused, and what is kept."""

import re

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.questions.models import Question
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.flow.queries import list_worklist
from huizhen.kernel.notify import list_inbox
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_member

pytestmark = pytest.mark.django_db

REASON = {"reason": "专家临时有急诊"}
ASKED = {"question": "两周后怎么复查？", "key": "01932f5e-7a10-7cc0-8a2e-3f6c1b2d4e5f"}
BY_ROLE = [
    ("submitted", "accept-material", {}, "coordinator", "received"),
    ("submitted", "ask-material", {"missing": ["material"], "note": "请补传"}, "coordinator", "incomplete"),
    ("submitted", "withdraw", {}, "applicant", "withdrawn"),
    ("submitted", "refer", REASON, "coordinator", "referred"),
    ("submitted", "extend", {**REASON, "until": "2026-11-24T09:00"}, "coordinator", "submitted"),
    ("submitted", "urgency", {**REASON, "urgency": "urgent"}, "coordinator", "submitted"),
    ("delivered", "ask-back", ASKED, "applicant", "answering"),
    ("delivered", "correct-report", REASON, "chair", "drafting"),
    ("delivered", "close", {}, "applicant", "closed"),
]


def incomplete(cast):
    application = make.submitted(cast)
    actions.ask_material(cast.actor(cast.coordinator), application.case_id, missing=["material"], note="", at=cast.at)
    return application


OWNED = {"incomplete": incomplete, "reviewing": make.reviewing, "drafting": make.drafting,
         "delivered": make.delivered}  # fmt: skip
STAGES = {"submitted": make.submitted, "drafting": make.drafting, "delivered": make.delivered}


def who(cast, role):
    known = {"chair": cast.experts[0], "expert": cast.experts[1], "patient": cast.patient_account}
    return known.get(role) or getattr(cast, role)


def address(application, name=""):
    return f"/consult/joint/{application.case_id}/" + (f"{name}/" if name else "")


@pytest.mark.parametrize(("stage", "act", "data", "role", "ends"), BY_ROLE, ids=lambda value: str(value)[:20])
def test_who_may_does_and_who_may_not_is_refused(cast, as_, stage, act, data, role, ends):
    application = STAGES[stage](cast)
    for other in {"coordinator", "applicant", "patient", "chair", "expert"} - {role}:
        if (act, other) in {("refer", "chair"), ("ask-back", "patient")}:
            continue
        answer = as_(who(cast, other)).post(address(application, act), data)
        assert answer.status_code in (403, 404), other
        assert make.state(application) == stage
    answer = as_(who(cast, role)).post(address(application, act), data)
    assert answer.status_code == 302, answer.content.decode()[:400]
    assert make.state(application) == ends


def hand_over(account):
    return {**REASON, "owner": str(account.id)}


def test_a_step_of_the_centre_is_handed_to_a_colleague_by_the_centre_alone(cast, as_):
    application = make.submitted(cast)
    colleague, due_at = make_member("coordinator", cast.platform).account, make.fresh(application).case.due_at
    for other in ("applicant", "patient", "chair", "expert"):
        answer = as_(who(cast, other)).post(address(application, "reassign"), hand_over(colleague))
        assert answer.status_code in (403, 404), other
    assert make.fresh(application).case.owner is None
    answer = as_(cast.coordinator).post(address(application, "reassign"), hand_over(colleague))
    assert answer.status_code == 302, answer.content.decode()[:400]
    case = make.fresh(application).case
    assert (case.owner, case.state, case.due_at) == (colleague, "submitted", due_at)
    told = CaseEvent.objects.get(case=case, kind="consult.joint.reassigned")
    assert (told.data, told.reason) == ({"owner": str(colleague.id)}, REASON["reason"])
    assert application.case_id in {found.id for found in list_worklist(get_actor(colleague), "mine").cases}
    assert as_(cast.coordinator).post(address(application, "accept-material")).status_code == 302
    assert make.fresh(application).case.owner is None, "the next step is the whole team's"


def test_nobody_outside_the_centre_is_handed_a_case(cast, as_):
    application = make.submitted(cast)
    answer = as_(cast.coordinator).post(address(application, "reassign"), hand_over(cast.applicant))
    assert answer.status_code == 422
    assert make.fresh(application).case.owner is None


@pytest.mark.parametrize("stage", ["incomplete", "reviewing", "drafting", "delivered"])
def test_a_step_that_is_somebodys_own_is_not_handed_over(cast, as_, stage):
    application = OWNED[stage](cast)
    before = make.fresh(application).case
    client, where = as_(cast.coordinator), address(application, "reassign")
    assert where not in client.get(address(application)).content.decode()
    assert client.get(where).status_code == 409
    answer = client.post(where, hand_over(cast.coordinator))
    assert answer.status_code == 422
    assert "只有会诊中心自己的步骤才能转交" in answer.content.decode()
    after = make.fresh(application).case
    assert (after.owner, after.team, after.version) == (before.owner, before.team, before.version)


def test_a_question_sent_twice_is_asked_once_and_another_is_another(cast, as_):
    application, client = make.delivered(cast), as_(cast.applicant)
    keys = [client.get(address(application, "ask-back")).context["form"]["key"].value() for _time in range(2)]
    for key in (keys[0], keys[0], keys[1]):
        answer = client.post(address(application, "ask-back"), {**ASKED, "key": key})
        assert answer.status_code == 302, answer.content.decode()[:400]
    assert Question.objects.filter(application=application).count() == 2
    assert CaseEvent.objects.filter(case_id=application.case_id, kind="consult.joint.ask_back").count() == 2


def test_the_news_of_an_answer_names_the_state_that_the_answer_led_to(cast, as_):
    application, client = make.delivered(cast), as_(cast.applicant)
    client.post(address(application, "ask-back"), ASKED)
    [question] = Question.objects.filter(application=application)
    as_(cast.experts[0]).post(address(application, f"questions/{question.id}/reply"), {"answer": "三个月后复查"})
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"
    [news] = [one for one in list_inbox(cast.applicant.id) if one.kind == "consult.joint.reply"]
    assert news.body.endswith("当前状态：报告已发送。")


def test_a_form_without_its_reason_comes_back_with_what_was_typed(cast, as_):
    application = make.submitted(cast)
    answer = as_(cast.coordinator).post(address(application, "ask-material"), {"note": "请补传延迟期"})
    assert answer.status_code == 422
    assert "请补传延迟期" in answer.content.decode()
    assert make.state(application) == "submitted"


def test_somebody_was_faster(cast, as_):
    application = make.submitted(cast)
    client = as_(cast.coordinator)
    for _time in range(2):
        answer = client.post(address(application, "accept-material"), follow=True)
    assert answer.status_code == 200
    assert "toast" in answer.content.decode()
    assert make.state(application) == "received"
    answer = client.post(address(application, "ask-material"), {"missing": ["material"], "note": ""})
    assert answer.status_code == 302  # still possible from here
    answer = client.post(address(application, "ask-material"), {"missing": ["imaging"], "note": "再补一份"})
    assert answer.status_code == 409
    assert "再补一份" in answer.content.decode()


def test_a_stranger_finds_no_case(cast, as_):
    application = make.reviewing(cast)
    stranger = make.make_practitioner(name="路人").account
    for name in ("", "opinion", "report", "invite", "accept", "extend"):
        assert as_(stranger).get(address(application, name)).status_code in (404, 405)


def test_the_panel_is_invited_answers_and_begins(cast, as_):
    application = make.assigning(cast)
    page = as_(cast.coordinator).get(address(application, "invite") + "?specialty=")
    assert cast.experts[0].name in page.content.decode()
    keys = [str(expert.id) for expert in cast.experts]
    assert as_(cast.coordinator).post(address(application, "invite"), {"expert": keys[:2]}).status_code == 302
    assert as_(cast.experts[0]).post(address(application, "accept")).status_code == 302
    assert as_(cast.experts[1]).post(address(application, "decline"), {"reason": "门诊已满"}).status_code == 302
    again = as_(cast.coordinator).post(address(application, "invite"), {"expert": keys[:1]})
    assert again.status_code == 422
    chosen = make.fresh(application).invitations.get(expert=cast.experts[0])
    assert (
        as_(cast.coordinator).post(address(application, "name-chair"), {"invitation": str(chosen.id)}).status_code
        == 302
    )
    as_(cast.coordinator).post(address(application, "start-review"))
    assert make.state(application) == "reviewing"


def test_who_is_chosen_stays_chosen_from_search_to_search(cast, as_):
    application, client = make.assigning(cast), as_(cast.coordinator)
    where = address(application, "invite")
    [one, *_] = keys = [str(expert.id) for expert in cast.experts]
    for asked in ({"q": cast.experts[1].name}, {"q": "没有这个人"}, {"page": "2"}):
        found = client.post(where, {"act": "find", "specialty": "", "expert": one, "how": "line", **asked})
        page = client.get(found["Location"]).content.decode()
        assert f'value="{one}" checked' in page, asked
        assert page.count(f'type="checkbox" name="expert" value="{one}"') == 1
        assert 'name="how" value="line" checked' in page
    assert not make.fresh(application).invitations.count(), "to search is not to invite"
    assert client.post(where, {"expert": keys[:2], "specialty": ""}).status_code == 302
    assert make.fresh(application).invitations.count() == 2


def test_an_invitation_is_taken_back(cast, as_):
    application = make.assigning(cast)
    as_(cast.coordinator).post(address(application, "invite"), {"expert": [str(cast.experts[0].id)]})
    invitation = make.fresh(application).invitations.get()
    where = address(application, f"invitations/{invitation.id}/withdraw")
    assert as_(cast.applicant).post(where).status_code == 403
    assert as_(cast.coordinator).post(where).status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == "withdrawn"


def test_an_opinion_is_kept_then_signed_then_withdrawn(cast, as_):
    application = make.reviewing(cast)
    client, where = as_(cast.experts[1]), address(application, "opinion")
    words = {"findings": "右肺上叶结节", "assessment": "", "advice": "复查", "stance": "agree", "stance_reason": ""}
    assert client.post(where + "keep/", words).status_code == 200
    assert "右肺上叶结节" in client.get(where).content.decode()
    refused = client.post(where, {**words, "act": "sign"})
    assert refused.status_code == 422
    assert "右肺上叶结节" in refused.content.decode()
    assert client.post(where, {**words, "assessment": "早期肺癌可能", "act": "sign"}).status_code == 302
    assert client.post(address(application, "withdraw-opinion"), {"reason": "看漏了一层"}).status_code == 302
    assert client.get(where).status_code == 200
    assert as_(cast.applicant).get(where).status_code == 403


def test_the_chair_edits_previews_signs_and_the_applicant_downloads(cast, as_):
    application = make.drafting(cast)
    client, where = as_(cast.experts[0]), address(application, "report")
    page = client.get(where).content.decode()
    assert "缺少增强 CT" in page
    opinion = str(application.opinions.first().id)
    words = {"conclusion-text": ["考虑早期肺癌", ""], "conclusion-0-source": [opinion], "advice-text": ["手术评估"]}
    assert client.post(where, {**words, "act": "keep"}).status_code == 302
    assert client.get(where + "preview.pdf/")["Content-Type"] == "application/pdf"
    assert "“手术评估” 主会诊专家撰写或修改" in client.get(where).content.decode()
    empty = client.post(where, {"conclusion-text": [""], "advice-text": ["仍要保留的话"], "act": "sign"})
    assert empty.status_code == 422
    assert "仍要保留的话" in empty.content.decode()
    assert client.post(where, {**words, "act": "sign"}).status_code == 302
    outbox.run_pending(cast.later(minutes=1))
    answer = as_(cast.applicant).get(f"/consult/joint/{application.case_id}/report/1.pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Content-Disposition"].startswith("attachment")


def test_messages_reach_only_their_readers(cast, as_):
    application = make.reviewing(cast)
    where = address(application, "messages")
    said = {"body": "仅供医务人员", "audience": "staff", "client_id": "m1"}
    for _time in range(2):
        assert as_(cast.coordinator).post(where, said).status_code == 302
    assert as_(cast.experts[0]).get(address(application)).content.decode().count("仅供医务人员") == 1
    assert "仅供医务人员" not in as_(cast.patient_account).get(address(application)).content.decode()


def test_who_falls_ill_is_released_and_the_chair_replaced_by_a_form_with_a_reason(cast, as_):
    application, client = make.reviewing(cast), as_(cast.coordinator)
    for expert in cast.experts[:2]:
        make.sign(cast, application, expert)
    ill = application.invitations.get(expert=cast.experts[2])
    where = address(application, "release-expert")
    assert f'href="{where}"' in client.get(address(application)).content.decode()
    offered = client.get(where).content.decode()
    assert str(ill.id) in offered
    assert str(application.invitations.get(expert=cast.experts[1]).id) not in offered, "that opinion is signed"
    assert as_(cast.experts[0]).post(where, {"who": str(ill.id), **REASON}).status_code == 403
    client = as_(cast.coordinator)
    assert client.post(where, {"who": str(ill.id)}).status_code == 422
    assert client.post(where, {"who": str(ill.id), **REASON}).status_code == 302
    assert make.state(application) == "drafting"
    page = client.get(address(application)).content.decode()
    assert REASON["reason"] in page
    where, seat = address(application, "replace-chair"), application.invitations.get(expert=cast.experts[1])
    assert f'href="{where}"' in page
    assert client.post(where, {"invitation": str(seat.id), **REASON}).status_code == 302
    assert make.fresh(application).case.owner_id == cast.experts[1].id


def test_who_must_cosign_and_cannot_is_released_by_a_form_with_a_reason(cast, as_):
    application, client = make.drafting(cast), as_(cast.coordinator)
    actions.wish_to_cosign(cast.actor(cast.experts[1]), application.case_id, wishes=True)
    where = address(application, "release-cosigner")
    assert f'href="{where}"' not in client.get(address(application)).content.decode()
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=5))
    assert f'href="{where}"' in client.get(address(application)).content.decode()
    assert str(cast.experts[1].id) in client.get(where).content.decode()
    sent = {"who": str(cast.experts[1].id), **REASON}
    assert client.post(where, sent).status_code == 302
    page = client.get(address(application)).content.decode()
    for gone in (where, address(application, "replace-chair"), address(application, "refer")):
        assert f'href="{gone}"' not in page, "the file is being made"
    outbox.run_pending(cast.later(minutes=1))
    assert make.state(application) == "delivered"


def test_what_the_check_found_missing_is_ticked_when_it_is_asked_for(cast, as_):
    application = make.submitted(cast, purpose="surgery")
    page = as_(cast.coordinator).get(f"/consult/joint/{application.case_id}/ask-material/").content.decode()
    ticked = re.findall(r'<input[^>]*name="missing"[^>]*value="(\w+)"[^>]*checked', page)
    assert ticked == ["imaging"]
    assert "已勾选完整性检查发现缺少的项目" in page
