"""What consent for one case opens to experts and the centre: that case's material, for as long as that consent holds."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from huizhen.consult.joint.models import Application
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.joint.tests import large
from huizhen.kernel import outbox
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.imaging.models import ImagingSeries
from huizhen.records.tests.builders import make_guardian

pytestmark = pytest.mark.django_db


@dataclass
class Two:
    """Two consultations of one patient with the same experts, each with a document and a study, and a document that
    was laid before neither."""

    first: Application
    second: Application
    neither: UUID

    def of(self, application: Application) -> tuple[UUID, UUID]:
        """Its document and its series."""
        paper = application.materials.filter(document__isnull=False).order_by("added_at", "id").first()
        study_id = application.materials.get(study__isnull=False).study_id
        return paper.document_id, ImagingSeries.objects.get(study_id=study_id, number=0).id


@pytest.fixture
def two(cast):
    found = Two(make.reviewing(cast), make.reviewing(cast), make.make_document(cast))
    for one in (found.first, found.second):
        large.add_material(cast, one)
    return found


def withdraw(cast, application):
    [consent] = [one for one in list_consents(cast.patient.id) if one.case_id == application.case_id]
    withdraw_consent(consent, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))


def addresses(two, application):
    """The pages on which the material of a case is read, as its page links them."""
    paper, series = two.of(application)
    case = f"?case={application.case_id}"
    return [f"/records/documents/{paper}/{case}", f"/records/documents/{paper}/file/{case}",
            f"/records/imaging/{series}/{case}", f"/records/imaging/{series}/stack.json"]  # fmt: skip


def statuses(client, places):
    return {place: client.get(place).status_code for place in places}


def test_a_withdrawn_consent_closes_its_case_although_another_one_of_the_patient_holds(cast, as_, two):
    first, second = addresses(two, two.first), addresses(two, two.second)
    outside = (cast.experts[1], cast.coordinator)
    for account in outside:
        assert set(statuses(as_(account), first + second).values()) == {200}
    withdraw(cast, two.first)
    for account in outside:
        client = as_(account)
        assert set(statuses(client, first).values()) == {404}
        assert set(statuses(client, second).values()) == {200}
        assert "化验单 3" not in client.get(f"/consult/joint/{two.first.case_id}/").content.decode()
        assert "化验单 3" in client.get(f"/consult/joint/{two.second.case_id}/").content.decode()
    for account in (cast.applicant, cast.patient_account):
        assert set(statuses(as_(account), first + second).values()) == {200}


def test_what_lies_before_both_is_closed_from_the_one_and_open_from_the_other(cast, as_, two):
    paper, _series = two.of(two.second)
    two.first.materials.create(document_id=paper, added_by=cast.applicant, added_at=cast.at)
    withdraw(cast, two.first)
    client, where = as_(cast.experts[1]), f"/records/documents/{paper}/"
    found = statuses(client, [f"{where}?case={two.first.case_id}", f"{where}?case={two.second.case_id}", where])
    assert list(found.values()) == [404, 200, 200]


def test_what_was_laid_before_no_case_stays_closed_to_all_but_the_own_hospital(cast, as_, two):
    where = [f"/records/documents/{two.neither}/", f"/records/documents/{two.neither}/file/",
             f"/records/documents/{two.neither}/?case={two.first.case_id}"]  # fmt: skip
    listed = f"/records/patients/{cast.patient.id}/"
    paper, _series = two.of(two.first)
    for account, code in ((cast.experts[1], 404), (cast.coordinator, 404), (cast.applicant, 200),
                          (cast.patient_account, 200)):  # fmt: skip
        client = as_(account)
        assert set(statuses(client, where).values()) == {code}
        record = client.get(listed).content.decode()
        assert (str(two.neither) in record) == (code == 200)
        assert str(paper) in record
        timeline = client.get(f"{listed}timeline/").content.decode()
        assert (str(two.neither) in timeline) == (code == 200)


def case_page(client, application):
    """The page without the menu around it."""
    return client.get(f"/consult/joint/{application.case_id}/").content.decode().partition("<main")[2]


def test_without_consent_each_reads_what_is_to_be_done_and_nobody_that_nothing_was_added(cast, as_):
    application = make.reviewing(cast)
    where = f"/consult/joint/{application.case_id}/"
    before = case_page(as_(cast.experts[1]), application)
    assert "写下您的意见" in before
    withdraw(cast, application)
    expert = case_page(as_(cast.experts[1]), application)
    assert "患者对本次会诊的授权已撤回或到期" in expert
    assert "您现在不用写意见" in expert
    assert "资料不再开放" in expert
    for wrong in ("轮到您了", "写下您的意见", "还没有资料"):
        assert wrong not in expert
    coordinator = case_page(as_(cast.coordinator), application)
    assert "轮到您了" in coordinator
    assert "资料不再开放" in coordinator
    assert f'href="{where}extend/"' in coordinator
    assert f'href="{where}refer/"' in coordinator
    applicant = case_page(as_(cast.applicant), application)
    assert "轮到您了" in applicant
    assert "血常规" in applicant
    assert f'action="{where}withdraw/"' in applicant
    patient = case_page(as_(cast.patient_account), application)
    assert 'href="/me/consents/"' in patient
    for page in (expert, coordinator, applicant, patient):
        assert "系统 撤回了授权" not in page
        assert "患者撤回了授权，专家已不能查看资料" in page


def test_who_has_signed_and_who_only_wait_for_the_chair_are_held_up_by_nothing(cast, as_):
    application = make.drafting(cast)
    withdraw(cast, application)
    assert "完成会诊报告" in case_page(as_(cast.experts[0]), application)
    assert "授权已撤回或到期" not in case_page(as_(cast.coordinator), application).partition('id="materials"')[0]


def test_an_invitee_may_still_decline_and_reads_when_the_material_opens(cast, as_):
    application = make.assigning(cast)
    make.actions.invite(cast.actor(cast.coordinator), application.case_id, [cast.experts[0].id], at=cast.at)
    client, where = as_(cast.experts[0]), f"/consult/joint/{application.case_id}/"
    assert "接受邀请后即可查看。" in case_page(client, application)
    withdraw(cast, application)
    page = case_page(client, application)
    assert f'href="{where}decline/"' in page
    assert f'action="{where}accept/"' not in page


def test_the_timeline_says_who_withdrew(cast, as_):
    application = make.reviewing(cast)
    guardian = make_guardian(cast.patient).account
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(guardian), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    page = case_page(as_(cast.experts[1]), application)
    assert "监护人代患者撤回了授权" in page
    event = CaseEvent.objects.get(case_id=application.case_id, kind="consult.joint.consent_withdrawn_by_family")
    assert event.actor_id == guardian.id


def test_at_the_desk_the_doctor_withdrew_it_as_the_patient_asked(cast, as_):
    application = make.reviewing(cast)
    [consent] = list_consents(cast.patient.id)
    withdraw_consent(consent, actor=cast.actor(cast.applicant), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert "李明 应患者要求撤回了授权" in case_page(as_(cast.experts[1]), application)


def test_given_again_everything_goes_on_and_everybody_is_told_once(cast, as_):
    application = make.reviewing(cast)
    [consent] = list_consents(cast.patient.id)
    withdraw(cast, application)
    for _time in range(2):
        as_(cast.patient_account).post(f"/me/consents/{consent.id}/give/")
        outbox.run_pending(cast.later(minutes=1))
    page = case_page(as_(cast.experts[1]), application)
    assert "写下您的意见" in page
    assert "血常规" in page
    assert page.count("患者重新授权，专家可以继续查看资料") == 1
    told = Notification.objects.filter(kind="consult.joint.agreed_again").values_list("account_id", flat=True)
    assert set(told) >= {cast.applicant.id, cast.coordinator.id, cast.experts[1].id}
    assert cast.patient_account.id not in told
