"""A question that is open while the report is corrected: it is somebody's again as soon as the correction is over."""

import pytest
from django.db import transaction

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import CosigningRule
from huizhen.consult.joint.questions import actions as questions
from huizhen.consult.joint.questions import jobs
from huizhen.kernel import outbox
from huizhen.kernel.flow import door
from huizhen.kernel.flow.models import CaseDeadline, CaseEvent
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.notify.models import Notification

from . import builders as make

pytestmark = pytest.mark.django_db
TAKEN_UP = "consult.joint.take_up_questions"


@pytest.fixture
def asked(cast):
    """A delivered report about which the applicant has asked, and whose chair has found a slip of the pen since."""
    application, chair = make.delivered(cast), cast.actor(cast.experts[0])
    questions.ask_back(
        cast.actor(cast.applicant), application.case_id, question="多久复查？", sent_key="q1", at=cast.later(hours=1)
    )
    actions.correct_report(chair, application.case_id, reason="结节大小误写", at=cast.later(hours=1))
    outbox.run_pending(cast.at)
    return application


def finish(cast, application, way):
    """Bring the correction to its end, delivered or dropped, at the story's present moment."""
    chair = cast.actor(cast.experts[0])
    if way == "dropped":
        actions.drop_correction(chair, application.case_id, reason="复核无误", at=cast.later(minutes=5))
        return
    if way == "cosigned":
        CosigningRule.objects.create(specialty_id=application.specialty_id)
    actions.approve_report(chair, application.case_id, at=cast.later(minutes=5))
    if way == "cosigned":
        for expert in cast.experts[1:]:
            actions.cosign(cast.actor(expert), application.case_id, at=cast.later(minutes=1))
    outbox.run_pending(cast.at)


@pytest.mark.parametrize("way", ["delivered", "cosigned", "dropped"])
def test_an_open_question_is_the_chairs_again_after_the_correction(cast, asked, way):
    finish(cast, asked, way)
    case = make.fresh(asked).case
    assert (case.state, case.owner_id) == ("answering", cast.experts[0].id)
    [clock] = CaseDeadline.objects.filter(case=case, name="state", ended_at=None)
    assert (clock.started_at, case.due_at) == (cast.at, clock.due_at)
    outbox.run_pending(cast.at)
    assert cast.experts[0].id in Notification.objects.filter(kind=TAKEN_UP).values_list("account_id", flat=True)
    sweep_all(cast.later(days=8))
    assert make.state(asked) == "answering", "who waits for an answer is not closed upon"
    answered = asked.questions.get()
    questions.reply(cast.actor(cast.experts[1]), asked.case_id, answered.id, answer="三个月。", at=cast.at)
    assert make.state(asked) == "delivered"


@pytest.mark.parametrize("way", ["delivered", "dropped"])
def test_answered_while_the_report_was_corrected_nothing_waits(cast, asked, way):
    question = asked.questions.get()
    questions.reply(
        cast.actor(cast.experts[1]), asked.case_id, question.id, answer="三个月。", at=cast.later(minutes=1)
    )
    finish(cast, asked, way)
    case = make.fresh(asked).case
    assert (case.state, case.owner_id) == ("delivered", cast.applicant.id)
    assert not CaseEvent.objects.filter(case=case, kind=TAKEN_UP).exists()


def test_a_question_left_open_by_a_correction_of_old_is_taken_up_by_the_timer_once(cast, asked):
    """Corrections once ended without looking for questions: such cases stand as delivered until the timer comes."""
    with transaction.atomic():
        door.move(
            asked.case_id, "drop_correction", actor=cast.actor(cast.experts[0]), at=cast.later(minutes=5), reason="无误"
        )
    quiet = make.delivered(cast)
    assert make.state(asked) == "delivered"
    cast.later(days=1)
    for _twice in range(2):
        jobs.take_up_left(0)
    case = make.fresh(asked).case
    assert (case.state, case.owner_id, make.state(quiet)) == ("answering", cast.experts[0].id, "delivered")
    assert CaseEvent.objects.filter(kind=TAKEN_UP).count() == 1
    assert CaseDeadline.objects.get(case=case, name="state", ended_at=None).started_at == cast.at
