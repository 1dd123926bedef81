"""What the pages show to whom, and what they cost."""

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.referrals.tests.builders import begun, make_receiver
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import Case
from huizhen.kernel.ids import new_id
from huizhen.people.accounts.queries import BY_ITSELF
from huizhen.people.tests.builders import make_organisation
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.medicines.actions import add_medicine
from huizhen.records.patients.access import access_patient

pytestmark = pytest.mark.django_db

STAGES = (make.submitted, make.assigning, make.reviewing, make.drafting, make.delivered)
PARTS = ("head", "next", "story", "talk", "materials", "opinions", "report")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_everybody_on_the_case_sees_it_at_every_stage_and_in_every_part(cast, as_, stage):
    application = stage(cast)
    where = f"/consult/joint/{application.case_id}/"
    people = [cast.applicant, cast.coordinator, cast.patient_account]
    people += cast.experts if stage in STAGES[2:] else []
    for account in people:
        client = as_(account)
        assert client.get(where).status_code == 200
        for part in PARTS:
            assert client.get(where, {"part": part}).status_code == 200
    assert client.get(where, {"part": "nothing"}).status_code == 404


def test_a_worklist_costs_few_queries(cast, as_, django_assert_max_num_queries):
    make.submitted(cast)
    client = as_(cast.coordinator)
    client.get("/")
    with django_assert_max_num_queries(8):
        assert "明确诊断" in client.get("/").content.decode()


@pytest.mark.parametrize("where", ["/", "/?scope=centre", "/?scope=mine", "/?scope=part", "/centre/board/"])
def test_a_list_shows_nothing_that_the_record_holds_and_leaves_no_entry(cast, as_, where):
    application = make.reviewing(cast)
    shown = ""
    for account in (cast.coordinator, cast.applicant, cast.experts[0]):
        client = as_(account)
        before = AuditEntry.objects.count()
        page = client.get(where).content.decode()
        assert "右肺上叶" not in page
        assert cast.patient.name not in page
        assert AuditEntry.objects.count() == before
        shown += page
    assert application.case.number in shown


def test_a_list_says_for_which_hospital_and_not_only_for_which_department(cast, as_):
    ward = make_organisation("内科", kind="department", parent=cast.county)
    application = make.reviewing(cast)
    Case.objects.filter(id=application.case_id).update(organisation_id=ward.id)
    for account, where in ((cast.coordinator, "/?scope=centre"), (cast.experts[0], "/")):
        assert "云岭县人民医院 · 内科" in as_(account).get(where).content.decode()


def test_the_report_on_the_page_says_what_to_do(cast, as_):
    application = make.delivered(cast)
    [report] = application.reports.all()
    for account in (cast.applicant, cast.patient_account):
        page = as_(account).get(f"/consult/joint/{application.case_id}/", {"part": "report"}).content.decode()
        for part in (*report.content["conclusion"], *report.content["advice"]):
            assert part["text"] in page


def test_filters_stay_in_the_address_and_find_by_number_and_hospital(cast, as_):
    application = make.submitted(cast)
    client = as_(cast.coordinator)
    number = application.case.number
    for asked, found in (
        ({"q": number.lower()}, True), ({"q": "云岭"}, True), ({"q": "没有这家"}, False), ({"urgency": "urgent"}, False),
        ({"state": "submitted"}, True), ({"state": "ended"}, False), ({"scope": "centre"}, True),
    ):  # fmt: skip
        assert (number in client.get("/", asked).content.decode().replace(f'value="{number.lower()}"', "")) is found, (
            asked
        )


def test_a_patient_is_led_to_the_case_that_waits(cast, as_):
    make.delivered(cast)
    page = as_(cast.patient_account).get("/me/").content.decode()
    assert "next-wait" in page, "the applicant has the ball"
    assert "报告已送达，可以打开查看" in page
    own = actions.submit(cast.actor(cast.patient_account), make.wanted(cast, consent_file_id=None), at=cast.at)
    centre = cast.actor(cast.coordinator)
    actions.ask_material(centre, own.case_id, missing=["imaging"], note="", at=cast.later(minutes=1))
    page = as_(cast.patient_account).get("/me/").content.decode()
    assert "next-wait" not in page
    assert f'class="btn btn-primary" href="/consult/joint/{own.case_id}/"' in page


def test_a_patient_is_asked_on_the_start_page_whether_the_referral_may_go(cast, as_):
    _hospital, target, _coordinator = make_receiver(cast)
    referral = begun(cast, make.delivered(cast), target)
    client = as_(cast.patient_account)
    page = client.get("/me/").content.decode()
    assert "您同意转诊吗" in page
    assert f'class="btn btn-primary" href="/consult/referrals/{referral.case_id}/"' in page
    client.post(f"/consult/referrals/{referral.case_id}/agree/")
    assert "您同意转诊吗" not in client.get("/me/").content.decode()


def test_notifications_lead_to_the_case(cast, as_):
    application = make.submitted(cast)
    answer = as_(cast.applicant).get(f"/cases/{application.case_id}")
    assert answer["Location"] == f"/consult/joint/{application.case_id}/"
    assert as_(make.make_practitioner(name="路人").account).get(f"/cases/{application.case_id}").status_code == 404


def test_an_invited_expert_sees_the_question_and_not_the_material(cast, as_):
    application = make.assigning(cast)
    make.actions.invite(cast.actor(cast.coordinator), application.case_id, [cast.experts[0].id], at=cast.at)
    page = as_(cast.experts[0]).get(f"/consult/joint/{application.case_id}/").content.decode()
    assert "是否需要手术" in page
    assert "血常规" not in page


def test_who_is_invited_reads_how_much_there_is_and_when_it_opens(cast, as_):
    application = make.assigning(cast)
    actor = cast.actor(cast.coordinator)
    [invitation] = make.actions.invite(actor, application.case_id, [cast.experts[0].id], at=cast.at)
    client, where = as_(cast.experts[0]), f"/consult/joint/{application.case_id}/"
    page = client.get(where).content.decode()
    assert "文件 1 份" in page
    assert "接受邀请后即可查看" in page
    assert "接受邀请后，可在这里查看和发送消息" in page
    assert "血常规" not in page
    make.actions.answer(cast.actor(cast.experts[0]), invitation.id, accepts=True, at=cast.at)
    page = client.get(where).content.decode()
    assert "血常规" in page
    assert "接受邀请后" not in page


def test_an_expert_who_has_accepted_hears_of_their_own_reading(cast, as_):
    application = make.assigning(cast)
    [asked] = make.actions.invite(cast.actor(cast.coordinator), application.case_id, [cast.experts[0].id], at=cast.at)
    make.actions.answer(cast.actor(cast.experts[0]), asked.id, accepts=True, at=cast.at)
    where = f"/consult/joint/{application.case_id}/"
    assert "您已接受邀请，可以开始阅片时会通知您。" in as_(cast.experts[0]).get(where).content.decode()
    assert "专家开始阅片时会通知您" in as_(cast.applicant).get(where).content.decode()


@pytest.mark.parametrize(("in_line", "says"), [(False, "邀请会失效"), (True, "自动换下一位")])
def test_what_becomes_of_an_invitation_without_an_answer_is_said_as_it_is(cast, as_, in_line, says):
    application = make.assigning(cast)
    asked = [expert.id for expert in cast.experts[:2]]
    make.actions.invite(cast.actor(cast.coordinator), application.case_id, asked, at=cast.at, in_line=in_line)
    assert says in as_(cast.coordinator).get(f"/consult/joint/{application.case_id}/").content.decode()


def test_experts_are_looked_for_by_their_own_hospital(cast, as_):
    application = make.assigning(cast)
    page = as_(cast.coordinator).get(f"/consult/joint/{application.case_id}/invite/").content.decode()
    assert '<label class="sr-only" for="organisation">专家所在医院</label>' in page


def test_a_withdrawn_consent_takes_the_material_from_the_page_of_all_but_the_own_hospital(cast, as_):
    application = make.reviewing(cast)
    where = f"/consult/joint/{application.case_id}/"
    everybody = [cast.applicant, cast.patient_account, cast.coordinator, cast.experts[0]]
    assert all("血常规" in as_(account).get(where).content.decode() for account in everybody)
    for consent in list_consents(cast.patient.id):
        withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    shown = ["血常规" in as_(account).get(where).content.decode() for account in everybody]
    assert shown == [True, True, False, False]


def test_what_the_patient_takes_stands_among_the_material(cast, as_):
    application = make.reviewing(cast)
    where, doctor = f"/consult/joint/{application.case_id}/", cast.actor(cast.applicant)
    patient = access_patient(doctor, cast.patient.id, to="add")
    add_medicine(patient, key=new_id(), name="苯磺酸氨氯地平片", dose="5 mg", actor=doctor, at=cast.at)
    everybody = [cast.applicant, cast.patient_account, cast.coordinator, cast.experts[0]]
    pages = [as_(account).get(where).content.decode() for account in everybody]
    assert all("苯磺酸氨氯地平片" in page and "5 mg" in page for page in pages)
    add = f"/records/patients/{cast.patient.id}/medicines/new/?case={application.case_id}"
    assert [add in page for page in pages] == [True, False, False, False], "who applied adds to it"
    for consent in list_consents(cast.patient.id):
        withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    shown = ["苯磺酸氨氯地平片" in as_(account).get(where).content.decode() for account in everybody]
    assert shown == [True, True, False, False]


def test_an_open_page_that_looks_again_adds_no_read_for_a_quarter_of_an_hour(cast, as_):
    application = make.reviewing(cast)
    client, where = as_(cast.applicant), f"/consult/joint/{application.case_id}/"

    def reads():
        return AuditEntry.objects.filter(actor_id=cast.applicant.id).count()

    client.get(where)
    once = reads()
    for part in PARTS:
        client.get(where, {"part": part}, headers={BY_ITSELF: "yes"})
    assert reads() == once
    client.get(where)
    assert reads() > once, "whoever opens the page again has read again"
    before = reads()
    cast.later(minutes=16)
    client.get(where, {"part": "head"}, headers={BY_ITSELF: "yes"})
    assert reads() == before + 1


@pytest.mark.parametrize(("act", "who"), [("ask-material", "coordinator"), ("supply-material", "applicant"),
                                          ("reopen-review", "expert"), ("ask-back", "applicant")])  # fmt: skip
def test_the_page_of_an_act_that_does_not_fit_says_so(cast, as_, act, who):
    application = make.reviewing(cast)
    account = cast.experts[0] if who == "expert" else getattr(cast, who)
    answer = as_(account).get(f"/consult/joint/{application.case_id}/{act}/")
    assert answer.status_code == 409
    assert "会诊目前处于“专家阅片中”" in answer.content.decode()
