"""A consultation that is referred to hospital before it has a report: its letter says what it rests on, and what not."""

import io

import pytest
from pypdf import PdfReader

from huizhen.consult.joint import actions as consultation
from huizhen.consult.joint.aftercare.access import access_outcomes
from huizhen.consult.joint.report import press
from huizhen.consult.joint.tests import builders as joint
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.access import access_letter
from huizhen.consult.referrals.actions.paper import to_content
from huizhen.consult.referrals.letter.produce import preview_letter
from huizhen.consult.referrals.tests import builders as make
from huizhen.kernel import files, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.language import Refused

pytestmark = pytest.mark.django_db


def refer(cast, application):
    """The coordinator sends the patient to hospital; the consultation ends with it."""
    actor = cast.actor(cast.coordinator)
    consultation.make_move(actor, application.case_id, "refer", reason="病情加重", at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))
    return joint.fresh(application)


def referred_with_two_opinions(cast):
    application = joint.reviewing(cast)
    joint.sign(cast, application, cast.experts[0])
    differs = {"assessment": "倾向炎性结节。", "advice": "", "stance": "dissent", "stance_reason": "缺少增强 CT"}
    joint.sign(cast, application, cast.experts[1], **differs)
    actor, late = (
        cast.actor(cast.experts[2]),
        consultation.OpinionFields("未签名的所见", "未签名的判断", "未签名的建议"),
    )
    consultation.save_opinion(actor, application.case_id, late, at=cast.at)
    return refer(cast, application)


def read(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_letter_rests_on_the_opinions_signed_so_far_and_says_so(cast):
    application = referred_with_two_opinions(cast)
    _hospital, department, coordinator = make.make_receiver(cast)
    first, second, third = cast.experts
    who = f"{first.name}、{second.name}"
    letter = make.begun(cast, application, department)
    pieces = {one["key"]: one for one in letter.content["pieces"]}
    source = {"of": "unreported", "number": application.case.number, "who": who}
    assert (pieces["opinion"]["source"], pieces["advice"]["source"]) == (source, source)
    assert pieces["question"]["text"] == application.question
    assert pieces["opinion"]["text"].splitlines() == [
        f"{first.name}：考虑早期肺癌可能。",
        f"{second.name}：倾向炎性结节。（缺少增强 CT）",
    ]
    assert pieces["advice"]["text"] == f"{first.name}：建议胸外科手术。"
    with pytest.raises(Refused, match="no_consent"):
        actions.sign_letter(cast.actor(cast.applicant), letter.case_id, at=cast.at)
    # Kept once more by the doctor, the letter still knows that there was no report.
    actions.save_letter(cast.actor(cast.applicant), letter.case_id, {"note": "请收治。"}, pictures=False, at=cast.at)
    sent = make.sent(cast, application, department)
    assert (sent.id, sent.case.state) == (letter.id, "sent")
    with pytest.raises(NotVisible):
        access_letter(cast.actor(third), sent.case_id)
    file = access_letter(cast.actor(coordinator), sent.case_id).file
    pdf = files.open_file(file).read()
    text = read(pdf)
    assert press.verify_report(pdf, at=cast.at).problem is None
    assert f"未出具会诊报告，患者已先行转线下就诊。本信依据会诊申请及以下专家已签名的意见：{who}。" in text
    assert f"{first.name}：考虑早期肺癌可能。" in text
    assert "会诊报告，第" not in text
    assert "未签名的" not in text


def test_both_languages_say_that_there_is_no_report(cast):
    application = referred_with_two_opinions(cast)
    _hospital, department, _coordinator = make.make_receiver(cast)
    content = to_content(make.begun(cast, application, department))
    english, chinese = (read(preview_letter(content, language=one, at=cast.at)) for one in ("en", "zh-hans"))
    assert "Nojointreportwassigned:thepatientwasreferredbefore." in english
    assert "Opinionsoftheexpertssofar" in english
    assert "Opinionofthejointconsultation" not in english
    assert "本次会诊未出具会诊报告" in chinese


def test_without_any_opinion_the_doctor_writes_that_piece(cast):
    application = refer(cast, joint.submitted(cast))
    _hospital, department, _coordinator = make.make_receiver(cast)
    letter, doctor = make.begun(cast, application, department), cast.actor(cast.applicant)
    pieces = {one["key"]: one for one in letter.content["pieces"]}
    assert (pieces["opinion"]["text"], pieces["opinion"]["source"]["of"]) == ("", "unsaid")
    actions.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.later(minutes=1))
    with pytest.raises(Refused, match="letter_empty"):
        actions.sign_letter(doctor, letter.case_id, at=cast.at)
    actions.save_letter(doctor, letter.case_id, {"opinion": "疑肺癌，请尽快诊治。"}, pictures=False, at=cast.at)
    sent = make.sent(cast, application, department)
    assert sent.case.state == "sent"
    assert "也尚无专家签名意见" in read(files.open_file(sent.file).read())


def test_the_same_people_may_begin_it_and_the_hospitals_answer_comes_back(cast):
    application = referred_with_two_opinions(cast)
    _hospital, department, coordinator = make.make_receiver(cast)
    for nobody in (cast.coordinator, cast.patient_account):
        with pytest.raises(NotAllowed):
            actions.begin(cast.actor(nobody), application.case_id, target_id=department.id, at=cast.at)
    with pytest.raises(NotVisible):  # with the consultation ended what an expert may see of it
        actions.begin(cast.actor(cast.experts[0]), application.case_id, target_id=department.id, at=cast.at)
    letter = make.accepted(cast, application, department, coordinator)
    receiver = cast.actor(coordinator)
    actions.record_arrival(receiver, letter.case_id, at=cast.later(days=3))
    words = {"course": "better", "diagnosis_held": None, "words": "已手术。"}
    actions.report_back(receiver, letter.case_id, **words, at=cast.later(days=2))
    outbox.run_pending(cast.at)
    assert make.fresh(letter).case.state == "answered"
    [outcome] = access_outcomes(cast.actor(cast.experts[1]), at=cast.at)
    assert outcome.words == "已手术。"


def test_a_consultation_that_was_withdrawn_is_not_referred(cast):
    application = joint.submitted(cast)
    _hospital, department, _coordinator = make.make_receiver(cast)
    consultation.make_move(cast.actor(cast.applicant), application.case_id, "withdraw", at=cast.later(minutes=5))
    with pytest.raises(Refused, match="no_report"):
        make.begun(cast, application, department)
