"""Ratings given once, outcomes recorded once, and told to experts whose access has ended."""

import pytest
import time_machine
from django.db import ProgrammingError, transaction

from huizhen.consult.joint.aftercare import actions, jobs, queries
from huizhen.consult.joint.aftercare.access import access_outcomes
from huizhen.consult.joint.aftercare.actions import Stars
from huizhen.consult.joint.aftercare.models import FollowUp, Rating
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseEvent
from huizhen.kernel.notify.models import Notification

pytestmark = pytest.mark.django_db
OUTCOME = {"followed": "yes", "course": "better", "diagnosis_held": True, "words": "已手术，恢复好。"}


@pytest.fixture
def cast(signing, db):
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        yield make.make_cast(travel)


def test_each_rates_once_after_the_report_and_for_good(cast):
    application = make.delivered(cast)
    doctor, patient = cast.actor(cast.applicant), cast.actor(cast.patient_account)
    actions.rate(doctor, application.case_id, Stars(5, 4, 5), words="很快", at=cast.at)
    actions.rate(patient, application.case_id, Stars(4, 4, 4), at=cast.at)
    assert list(Rating.objects.order_by("id").values_list("by_patient", flat=True)) == [False, True]
    with pytest.raises(Refused) as refusal:
        actions.rate(doctor, application.case_id, Stars(1, 1, 1), at=cast.at)
    assert refusal.value.code == "rated"
    with pytest.raises(Refused):
        actions.rate(patient, application.case_id, Stars(6, 1, 1), at=cast.at)
    with pytest.raises(NotAllowed):
        actions.rate(cast.actor(cast.experts[1]), application.case_id, Stars(5, 5, 5), at=cast.at)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Rating.objects.update(speed=1)


def test_before_the_report_there_is_nothing_to_rate(cast):
    application = make.submitted(cast)
    with pytest.raises(Refused):
        actions.rate(cast.actor(cast.applicant), application.case_id, Stars(5, 5, 5), at=cast.at)


def test_the_applicant_is_asked_after_a_month_and_the_experts_read_the_outcome(cast):
    application, doctor = make.delivered(cast), cast.actor(cast.applicant)
    outbox.run_pending(cast.at)
    make.actions.make_move(doctor, application.case_id, "close", at=cast.later(days=1))
    jobs.ask_all(cast.at)
    assert FollowUp.objects.get().asked_at is None
    cast.later(days=30)
    for _time in range(2):
        jobs.ask_all(cast.at)
    outbox.run_pending(cast.at)
    asked = Notification.objects.filter(kind="consult.joint.outcome_asked")
    assert [one.account_id for one in asked] == [cast.applicant.id]
    with pytest.raises(Refused):
        actions.record_outcome(doctor, application.case_id, **{**OUTCOME, "course": "cured"}, at=cast.at)
    actions.record_outcome(doctor, application.case_id, **OUTCOME, at=cast.at)
    with pytest.raises(Refused):
        actions.record_outcome(doctor, application.case_id, **OUTCOME, at=cast.at)
    outbox.run_pending(cast.at)
    told = Notification.objects.filter(kind="consult.joint.outcome_told").values_list("account_id", flat=True)
    assert set(told) == {expert.id for expert in cast.experts}
    [seen] = access_outcomes(cast.actor(cast.experts[2]), at=cast.at)
    assert (seen.words, seen.course) == ("已手术，恢复好。", "better")
    assert access_outcomes(cast.actor(cast.coordinator), at=cast.at) == []
    assert AuditEntry.objects.filter(action="consult.joint.outcome.read").count() == 1


def test_the_day_is_chosen_and_silence_is_asked_once_more(cast):
    application, doctor, chair = make.delivered(cast), cast.actor(cast.applicant), cast.actor(cast.experts[0])
    outbox.run_pending(cast.at)
    for days in (6, 366):
        with pytest.raises(Refused, match="bad_day"):
            actions.choose_day(doctor, application.case_id, days=days, at=cast.at)
    for other in (cast.experts[1], cast.coordinator, cast.patient_account):
        with pytest.raises(NotAllowed):
            actions.choose_day(cast.actor(other), application.case_id, days=60, at=cast.at)
    actions.choose_day(chair, application.case_id, days=7, at=cast.at)
    for _twice in range(2):
        actions.choose_day(doctor, application.case_id, days=10, at=cast.at)
    assert queries.get_days(application) == 10
    said = CaseEvent.objects.filter(kind=actions.PLANNED).order_by("number")
    assert [event.data for event in said] == [{"days": 7}, {"days": 10}]
    cast.later(days=8)
    with pytest.raises(Refused, match="bad_day"):
        actions.choose_day(doctor, application.case_id, days=7, at=cast.at)
    told = []
    for _day in range(21):
        jobs.ask_all(cast.later(days=1))
        told.append(CaseEvent.objects.filter(kind=actions.ASKED).count())
    assert told == [0, *[1] * 7, *[2] * 13], "after ten days, a week later, and never again"
    with pytest.raises(Refused, match="asked"):
        actions.choose_day(doctor, application.case_id, days=60, at=cast.at)
    actions.record_outcome(doctor, application.case_id, **OUTCOME, at=cast.at)


def test_who_has_answered_is_not_asked_again(cast):
    application, doctor = make.delivered(cast), cast.actor(cast.applicant)
    outbox.run_pending(cast.at)
    jobs.ask_all(cast.later(days=31))
    actions.record_outcome(doctor, application.case_id, **OUTCOME, at=cast.at)
    jobs.ask_all(cast.later(days=8))
    assert CaseEvent.objects.filter(kind=actions.ASKED).count() == 1
    with pytest.raises(Refused, match="recorded"):
        actions.choose_day(doctor, application.case_id, days=60, at=cast.at)
