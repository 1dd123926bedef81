"""A consultation referred to hospital before its report: its page leads the doctor to the letter, in both languages."""

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.referrals.actions import agree
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.tests.builders import begun, make_receiver
from huizhen.kernel import outbox


@pytest.fixture
def referred(cast):
    application = make.reviewing(cast)
    make.sign(cast, application, cast.experts[0])
    coordinator = cast.actor(cast.coordinator)
    actions.make_move(coordinator, application.case_id, "refer", reason="病情加重", at=cast.later(minutes=5))
    outbox.run_pending(cast.later(minutes=1))
    return application


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The patient was referred before a report was signed."), ("zh-hans", "患者在会诊报告签署前已转线下就诊。")],
)
def test_the_page_of_the_case_offers_the_letter(cast, as_, referred, language, said):
    client = as_(cast.applicant)
    client.cookies["django_language"] = language
    page = client.get(f"/consult/joint/{referred.case_id}/").content.decode()
    assert said in page
    assert f"/consult/referrals/from/{referred.case_id}/" in page
    other = as_(cast.coordinator).get(f"/consult/joint/{referred.case_id}/").content.decode()
    assert f"/consult/referrals/from/{referred.case_id}/" not in other


def test_the_consent_to_a_referral_speaks_of_the_hospital_that_receives_it(cast, as_, referred):
    _hospital, department, _coordinator = make_receiver(cast)
    letter = begun(cast, referred, department)
    agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    page = as_(cast.patient_account).get("/me/consents/").content.decode()
    assert "接收本次转诊的医院" in page
    assert "本次转诊结束" in page


def test_the_doctor_begins_and_reads_what_it_rests_on(cast, as_, referred):
    _hospital, department, _coordinator = make_receiver(cast)
    client = as_(cast.applicant)
    begun = client.post(
        f"/consult/referrals/from/{referred.case_id}/", {"target": str(department.id), "urgency": "normal"}
    )
    assert begun.status_code == 302
    letter = Referral.objects.get(application=referred)
    desk = client.get(f"/consult/referrals/{letter.case_id}/letter/").content.decode()
    assert "未出具会诊报告" in desk
    assert "考虑早期肺癌可能" in desk
    page = client.get(f"/consult/joint/{referred.case_id}/").content.decode()
    assert "患者在会诊报告签署前已转线下就诊。" not in page
