"""Two hands on a report, a question or somebody's time: one winner, the other told, nothing half."""

from datetime import timedelta
from functools import partial

from huizhen.consult.joint import actions
from huizhen.consult.joint.access import access_report
from huizhen.consult.joint.meetings import actions as meetings
from huizhen.consult.joint.meetings.models import MeetingSeat
from huizhen.consult.joint.models import CosigningRule, Opinion, Report
from huizhen.consult.joint.queries import get_report, get_report_in_work
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.report import press
from huizhen.consult.joint.tests import builders as make
from huizhen.consult.referrals import actions as referrals
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.tests import builders as letters
from huizhen.kernel import audit, files, notify, outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.files.models import File
from huizhen.kernel.flow.door import WrongState
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseEvent
from huizhen.people.tests.builders import make_member, make_practitioner
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.consent.queries import list_consents
from huizhen.records.documents.access import access_document
from tests.races.hands import refusals, together

LETTERS = "consult.referral.send"


def refuses(load, *given):
    """Whether a loader lets nothing be seen."""
    try:
        load(*given)
    except (NotVisible, NotAllowed):
        return True
    return False


def told(application, name):
    return CaseEvent.objects.filter(case_id=application.case_id, kind=f"consult.joint.{name}").count()


def test_the_last_two_cosign_at_once_and_one_file_carries_all(cast):
    made = make.drafting(cast)
    CosigningRule.objects.create(specialty_id=made.specialty_id)
    actions.approve_report(cast.actor(cast.experts[0]), made.case_id, at=cast.at)
    sign = [partial(actions.cosign, cast.actor(one), made.case_id, at=cast.at) for one in cast.experts[1:]]
    assert refusals(together(*sign)) == []
    issue = partial(actions.issue_report, made.case_id, at=cast.at)
    assert refusals(together(issue, issue)) == []
    with files.open_file(get_report(made.id).file) as stored:
        verdict = press.verify_report(stored.read(), at=cast.at)
    assert (len(verdict.findings), verdict.problem, told(made, "deliver")) == (3, None, 1)


def test_an_opinion_is_taken_back_while_the_report_is_signed(cast):
    made, chair = make.drafting(cast), cast.actor(cast.experts[0])
    taken_back = partial(
        actions.withdraw_opinion, cast.actor(cast.experts[2]), made.case_id, reason="看错序列", at=cast.at
    )
    outcomes = together(partial(actions.approve_report, chair, made.case_id, at=cast.at), taken_back)
    assert len(refusals(outcomes)) == 1, "either the report goes out with the opinion or the opinion is written anew"
    assert refusals(outcomes)[0] in (Refused, WrongState)
    outbox.run_pending(cast.later(minutes=1))
    approved = isinstance(outcomes[0], Report)
    standing = Opinion.objects.filter(withdrawn_at=None).count()
    assert (make.state(made), standing) == (("delivered", 3) if approved else ("reviewing", 2))


def test_consent_is_withdrawn_while_the_pdf_is_made(cast):
    """Whichever comes first: the report that was approved goes out once and whole, the material is closed to the
    experts, everybody is told both, and a stranger sees neither."""
    made = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), made.case_id, at=cast.at)
    stranger = make_practitioner(name="外院专家").account
    consent = list_consents(cast.patient.id)[0]
    document = made.materials.get().document_id
    assert access_document(cast.actor(cast.experts[1]), document)
    outcomes = together(
        partial(actions.issue_report, made.case_id, at=cast.at),
        partial(withdraw_consent, consent, actor=cast.actor(cast.patient_account), at=cast.at),
    )
    assert refusals(outcomes) == []
    outbox.run_pending(cast.later(minutes=1))
    assert (make.state(made), told(made, "deliver"), told(made, "consent_withdrawn")) == ("delivered", 1, 1)
    [report], [file] = Report.objects.all(), File.objects.filter(purpose="report")
    assert (report.file_id, file.state, get_report_in_work(made.id)) == (file.id, "ready", None), "nothing half-made"
    for reader in (cast.applicant, cast.patient_account):
        seen = access_report(cast.actor(reader), made.case_id, report.version)
        with files.open_file(seen.file) as stored:
            assert press.verify_report(stored.read(), at=cast.at).problem is None
    for expert in cast.experts:
        assert refuses(access_document, cast.actor(expert), document), "what the consent opened is closed"
        assert access_report(cast.actor(expert), made.case_id, report.version) == report, (
            "what one signed stays at hand"
        )
    audit.gather()
    looks = AuditEntry.objects.filter(action="consult.joint.report.read", patient_id=cast.patient.id)
    assert {expert.id for expert in cast.experts} <= set(looks.values_list("actor_id", flat=True))
    for nobody in (stranger, make_member("applicant", name="别院医生").account):
        assert refuses(access_report, cast.actor(nobody), made.case_id, report.version)
        assert refuses(access_document, cast.actor(nobody), document)
    heard = {
        who: {entry.kind for entry in notify.list_inbox(who.id)}
        for who in (cast.applicant, cast.patient_account, *cast.experts)
    }
    assert all("consult.joint.consent_withdrawn" in heard[who] for who in (cast.applicant, *cast.experts)), heard
    assert all("consult.joint.deliver" in heard[who] for who in (cast.applicant, cast.patient_account)), heard
    actions.issue_report(made.case_id, at=cast.later(minutes=1))
    assert (Report.objects.count(), File.objects.filter(purpose="report").count(), told(made, "deliver")) == (1, 1, 1)
    actions.make_move(cast.actor(cast.applicant), made.case_id, "close", at=cast.later(days=1))
    for expert in cast.experts:
        assert refuses(access_report, cast.actor(expert), made.case_id, report.version), "with the case their part ends"
    assert access_report(cast.actor(cast.coordinator), made.case_id, report.version) == report


def test_two_experts_answer_one_question_at_once(cast):
    made = make.delivered(cast)
    questions.ask_back(cast.actor(cast.applicant), made.case_id, question="多久复查？", sent_key="q1", at=cast.at)
    question = made.questions.get()
    replies = [
        partial(questions.reply, cast.actor(one), made.case_id, question.id, answer=f"{n} 个月。", at=cast.at)
        for n, one in enumerate(cast.experts[:2], 3)
    ]
    assert refusals(together(*replies)) == [Refused]
    assert (make.state(made), told(made, "reply"), told(made, "settle")) == ("delivered", 1, 1)


def test_two_meetings_want_the_same_hour_of_the_same_people(cast):
    cases = [make.reviewing(cast, wants_meeting=True) for _time in range(2)]
    coordinator = cast.actor(cast.coordinator)
    fixes = []
    for one in cases:
        meeting = meetings.offer_times(coordinator, one.case_id, minutes=30, at=cast.at)
        first = meeting.options.order_by("starts_at")[0]
        fixes.append(partial(meetings.fix_meeting, coordinator, one.case_id, first.id, at=cast.at))
    assert refusals(together(*fixes)) == [Refused]
    assert MeetingSeat.objects.count() == 4
    assert cast.at + timedelta(hours=1) <= MeetingSeat.objects.first().starts_at


def test_a_letter_is_begun_signed_and_sent_twice_at_once(cast):
    made, doctor = make.delivered(cast), cast.actor(cast.applicant)
    _hospital, department, _coordinator = letters.make_receiver(cast)
    begin = partial(referrals.begin, doctor, made.case_id, target_id=department.id, at=cast.at)
    assert refusals(together(begin, begin)) == []
    letter = Referral.objects.get()
    referrals.agree(cast.actor(cast.patient_account), letter.case_id, at=cast.at)
    sign = partial(referrals.sign_letter, doctor, letter.case_id, at=cast.at)
    assert refusals(together(sign, sign)) == [Refused]
    issue = partial(referrals.issue_letter, letter.case_id, at=cast.at)
    assert refusals(together(issue, issue)) == []
    assert CaseEvent.objects.filter(case_id=letter.case_id, kind=LETTERS).count() == 1
    assert letters.fresh(letter).case.state == "sent"
