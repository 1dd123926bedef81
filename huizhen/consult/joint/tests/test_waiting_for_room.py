"""Reports that wait for room, or that their job gave up: none holds up another, none keeps a case that has ended."""

from datetime import timedelta

import pytest

from huizhen.consult.joint import actions
from huizhen.consult.joint.models import Report
from huizhen.consult.joint.report import press
from huizhen.consult.joint.report.ports import SigningRefused
from huizhen.consult.joint.report.rules import NotReady
from huizhen.kernel.files.ports import Folder, StorageTrouble
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import CaseEvent

from . import builders as make

pytestmark = pytest.mark.django_db


def no_room(self, name, chunks):
    raise StorageTrouble(f"{name}: No space left on device")


def waits(cast, monkeypatch):
    """A report that was approved while the store was full."""
    application = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=1))
    with monkeypatch.context() as full:
        full.setattr(Folder, "put", no_room)
        with pytest.raises(StorageTrouble):
            actions.issue_report(application.case_id, at=cast.at)
    return application


def refer(cast, application):
    return actions.make_move(
        cast.actor(cast.coordinator), application.case_id, "refer", reason="需要急诊手术", at=cast.later(minutes=1)
    )


def test_a_case_is_not_referred_while_its_report_is_made(cast, monkeypatch):
    application = waits(cast, monkeypatch)
    with pytest.raises(Refused, match="report_approved"):
        refer(cast, application)
    actions.issue_waiting(at=cast.later(hours=8))
    assert make.state(application) == "delivered"


def test_a_report_of_a_case_that_has_ended_is_left_and_the_next_goes_out(cast, monkeypatch):
    ended = make.drafting(cast)
    refer(cast, ended)
    before = cast.at - timedelta(hours=1)
    Report.objects.filter(application=ended).update(
        approved_by=cast.experts[0], approved_at=before, no_room_since=before
    )
    waiting = waits(cast, monkeypatch)
    for _time in range(2):
        actions.issue_waiting(at=cast.later(minutes=15))
        actions.issue_report(ended.case_id, at=cast.at)
    assert (make.state(ended), make.state(waiting)) == ("referred", "delivered")
    assert Report.objects.get(application=ended).file is None
    assert not CaseEvent.objects.filter(case_id=ended.case_id, kind="consult.joint.no_room").exists()


def test_a_report_that_cannot_be_made_holds_up_no_other_and_is_heard_of(cast, monkeypatch):
    bad, good = waits(cast, monkeypatch), waits(cast, monkeypatch)
    report = Report.objects.get(application=bad)
    report.content = {**report.content, "dissents": []}
    report.save(update_fields=["content"])
    with pytest.raises(NotReady):
        actions.issue_waiting(at=cast.later(minutes=15))
    assert (make.state(bad), make.state(good)) == ("drafting", "delivered")


def test_a_report_that_its_job_gave_up_is_made_when_it_can_be(cast, monkeypatch):
    """A time stamp or a certificate that is away for a night: nobody has to press anything in the morning."""
    application = make.drafting(cast)
    actions.approve_report(cast.actor(cast.experts[0]), application.case_id, at=cast.later(minutes=1))
    actions.issue_waiting(at=cast.later(hours=2))
    assert make.state(application) == "drafting", "its own job is still at it"
    with monkeypatch.context() as away:
        away.setattr(press, "sign_report", signs_nothing)
        with pytest.raises(SigningRefused):
            actions.issue_waiting(at=cast.later(hours=9))
    actions.issue_waiting(at=cast.later(minutes=15))
    assert make.state(application) == "delivered"


def signs_nothing(*_given, **_named):
    raise SigningRefused("the time stamp's server is away")
