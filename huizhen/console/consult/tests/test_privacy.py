"""Who hears the experts' discussion, who reads whose name, and what is noted of it."""

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import talk
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.tests.builders import make_member, make_practitioner
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.patients.rules import mask_name
from huizhen.records.tests.builders import make_guardian

pytestmark = pytest.mark.django_db
SECRET = "我倾向先活检。"


@pytest.fixture
def reviewing(cast):
    """Under review, with a word among the experts and one among all doctors."""
    application, expert = make.reviewing(cast), cast.actor(cast.experts[0])
    talk.post(application.case_id, actor=expert, at=cast.at, body=SECRET, audience="panel", client_id="p1")
    talk.post(application.case_id, actor=expert, at=cast.at, body="请补旧片。", audience="staff", client_id="s1")
    return application


def page_for(as_, account, path):
    return as_(account).get(path)


def test_the_discussion_is_the_experts_and_the_centres(as_, cast, reviewing):
    address = f"/consult/joint/{reviewing.case_id}/"
    for account in (*cast.experts, cast.coordinator):
        assert SECRET in page_for(as_, account, address).content.decode()
    family = make_guardian(cast.patient).account
    for account in (cast.applicant, cast.patient_account, family):
        text = page_for(as_, account, address).content.decode()
        assert SECRET not in text
        assert 'id="discussion"' not in text
    assert "请补旧片。" in page_for(as_, cast.applicant, address).content.decode()
    said = {"body": "我也想听", "audience": "panel", "client_id": "x1"}
    as_(cast.applicant).post(f"{address}messages/", said)
    assert talk.list_messages(reviewing.case_id, audience="team")[-1].audience == "patient", (
        "the widest, never the panel"
    )


def test_without_consent_who_has_not_signed_sees_why_what_was_asked_is_closed(as_, cast, reviewing):
    make.sign(cast, reviewing, cast.experts[0])
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    cast.later(minutes=1)
    case = f"/consult/joint/{reviewing.case_id}/"
    bound = page_for(as_, cast.experts[0], case).content.decode()
    assert reviewing.question in bound
    assert "申请内容已关闭" not in bound
    assert SECRET in bound
    for address in (case, f"{case}opinion/"):
        text = page_for(as_, cast.experts[1], address).content.decode()
        assert "申请内容已关闭" in text
        for words in (reviewing.question, reviewing.summary):
            assert words[:12] not in text
        assert SECRET not in text
        assert "请补旧片。" not in text
    assert "沟通记录已关闭" in page_for(as_, cast.experts[1], case).content.decode()
    said = {"body": "还能说吗", "audience": "panel", "client_id": "x2"}
    assert as_(cast.experts[1]).post(f"{case}messages/", said).status_code == 403
    late = make_practitioner(name="晚到的专家").account
    asked = as_(cast.coordinator).post(f"{case}invite/", {"expert": str(late.id)})
    assert asked.status_code == 422
    assert "不能再有专家加入" in asked.content.decode()


def test_experts_of_other_hospitals_read_the_family_name(as_, cast, reviewing):
    neighbour = make_practitioner(cast.county, name="本院专家").account
    [invitation] = actions.invite(
        cast.actor(cast.coordinator), reviewing.case_id, [neighbour.id], at=cast.later(minutes=1)
    )
    actions.answer(cast.actor(neighbour), invitation.id, accepts=True, at=cast.later(minutes=1))
    record = f"/records/patients/{cast.patient.id}/"
    for address in (f"/consult/joint/{reviewing.case_id}/", record, f"{record}timeline/"):
        for account, whole in ((cast.experts[0], False), (neighbour, True), (cast.coordinator, True)):
            text = page_for(as_, account, address).content.decode()
            assert ("周桂兰" in text, "周＊" in text) == (whole, not whole), (address, account)
    text = page_for(as_, cast.experts[0], record).content.decode()
    assert cast.patient.identity_number[-4:] not in text


@pytest.mark.parametrize(
    ("name", "shown"), [("周桂兰", "周＊"), ("欧阳修", "欧阳＊"), ("欧阳", "欧＊"), ("Smith", "S＊")]
)
def test_masked_names(name, shown):
    assert mask_name(name) == shown


def test_why_a_case_was_late_is_noted_for_whoever_reads_it(as_, cast, reviewing):
    at = cast.later(minutes=1)
    actions.extend(
        cast.actor(cast.coordinator), reviewing.case_id, until=at + (reviewing.case.due_at - at) * 2,
        reason="专家临时有紧急手术", at=at,
    )  # fmt: skip
    for role, path in (("operator", "/centre/statistics/"), ("operator", "/centre/statistics/figures.xlsx")):
        account = make_member(role, cast.platform).account
        assert page_for(as_, account, path).status_code == 200
        [entry] = AuditEntry.objects.filter(action="board.delay.read", actor_id=account.id)
        assert (entry.case_id, entry.patient_id) == (reviewing.case_id, cast.patient.id)


def test_how_much_experts_have_in_hand_is_not_the_business_of_who_asks(as_, cast):
    for role, code in (("applicant", 404), ("expert", 404), ("coordinator", 200), ("operator", 200),
                       ("department_head", 200)):  # fmt: skip
        assert page_for(as_, make_member(role, cast.platform).account, "/centre/experts/").status_code == code, role
