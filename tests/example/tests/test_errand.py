"""The example in one story: every part of the kernel, used the way a feature uses it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from huizhen.consult.joint.tests.builders import MONDAY, make_pdf
from huizhen.kernel import audit, clock, files, notify, outbox, talk
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.flow.access import audience_of
from huizhen.kernel.flow.door import Stale
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case, CaseEvent
from huizhen.kernel.flow.queries import list_worklist
from huizhen.kernel.flow.sentences import sentence_of
from huizhen.kernel.flow.sweep import sweep_all
from huizhen.kernel.ids import read_number
from huizhen.people.accounts.queries import get_actor
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from tests.example import actions, effects, jobs
from tests.example.access import access_errand
from tests.example.flow import RUN
from tests.example.models import Errand
from tests.example.queries import explain_deadline

pytestmark = pytest.mark.django_db


class Stage:
    """A centre with a coordinator, somebody who asks and somebody who helps, on a Monday morning."""

    def __init__(self, travel):
        self.travel, self.centre = travel, make_organisation(is_centre=True)
        self.applicant, self.helper = make_account("周桂兰", kind="patient"), make_account("小陈")
        self.asking, self.helping = get_actor(self.applicant), get_actor(self.helper)
        self.lead = make_member("team_lead", self.centre).account
        self.running = get_actor(make_member("coordinator", self.centre).account)

    def place(self, **given):
        wanted = {"wish": "取降压药", "price": 30_00, "helper_id": self.helper.id, "organisation_id": self.centre.id}
        return actions.place(self.asking, at=clock.now(), **{**wanted, **given})

    def later(self, **length):
        self.travel.shift(timedelta(**length))
        sweep_all(clock.now())
        outbox.run_pending(clock.now())
        return clock.now()


@pytest.fixture
def stage(db):
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield Stage(travel)


def test_an_errand_from_wish_to_thanks(stage):
    errand = stage.place()
    case_id = errand.case_id
    assert read_number(errand.case.number) == errand.case.number
    assert [case.id for case in list_worklist(stage.running, "team").cases] == [case_id]

    seen = access_errand(stage.running, case_id, to=RUN)
    actions.start(stage.running, case_id, at=stage.later(minutes=10), version=seen.case.version)
    for _time in range(2):
        actions.tell_progress(stage.helping, case_id, body="已到药房", client_id="c-1", at=stage.later(minutes=5))
    actions.finish(stage.helping, case_id, receipt=make_pdf(), at=stage.later(minutes=30))
    stage.later(minutes=1)
    lines = talk.list_messages(case_id, audience=audience_of(stage.asking, seen.case))
    assert [line.body for line in lines] == ["已到药房", "小票"]
    assert "example.errand.finish" in {entry.kind for entry in notify.list_inbox(stage.applicant.id)}

    receipt = access_errand(stage.asking, case_id).receipt
    with files.open_file(receipt) as stored:
        assert stored.read().startswith(b"%PDF")
    actions.confirm(stage.asking, case_id, at=stage.later(hours=1))
    stage.later(minutes=1)
    assert "example.errand.thanks" in {entry.kind for entry in notify.list_inbox(stage.helper.id)}
    events = CaseEvent.objects.select_related("actor").filter(case_id=case_id).order_by("number")
    assert [sentence_of(event, "example.errand") for event in events][-1] == "周桂兰 确认"


def test_the_wish_lies_sealed_in_the_table(stage):
    errand = stage.place()
    with connection.cursor() as cursor:
        cursor.execute("SELECT wish FROM example_errand WHERE id = %s", [errand.id])
        assert "降压药".encode() not in bytes(cursor.fetchone()[0])
    assert Errand.objects.get(id=errand.id).wish == "取降压药"


def test_who_has_no_part_in_it_finds_nothing_and_reads_are_kept(stage):
    errand = stage.place()
    with pytest.raises(NotVisible):
        access_errand(get_actor(make_account()), errand.case_id)
    with pytest.raises(NotAllowed):
        access_errand(stage.helping, errand.case_id, to=RUN)
    access_errand(stage.helping, errand.case_id)
    [entry] = audit.list_entries(None, audit.Filters(action="example.errand.read"))
    assert (entry.actor_id, entry.case_id) == (stage.helper.id, errand.case_id)


def test_an_errand_that_is_too_dear_and_an_old_page_are_refused(stage):
    dear = stage.place(price=200_00)
    with pytest.raises(Refused, match="too_dear"):
        actions.start(stage.running, dear.case_id, at=clock.now())
    errand = stage.place()
    with pytest.raises(Stale):
        actions.start(stage.running, errand.case_id, at=clock.now(), version=7)


def test_nobody_looks_and_the_lead_hears_of_it(stage):
    errand = stage.place()
    stage.later(hours=2, minutes=1)
    assert Case.objects.get(id=errand.case_id).late_since is not None
    assert "example.errand.late" in {entry.kind for entry in notify.list_inbox(stage.lead.id)}


def test_its_deadline_explains_itself(stage):
    errand = stage.place()
    assert [entry["what"] for entry in explain_deadline(errand.case_id)] == ["start"]


def test_nobody_confirms_and_the_flow_does(stage):
    errand = stage.place()
    actions.start(stage.running, errand.case_id, at=stage.later(minutes=1))
    actions.finish(stage.helping, errand.case_id, receipt=make_pdf(), at=stage.later(minutes=1))
    stage.later(hours=49)
    assert Case.objects.get(id=errand.case_id).state == "closed"


def test_the_job_may_run_twice_and_finds_what_was_lost(stage):
    errand = stage.place()
    actions.start(stage.running, errand.case_id, at=stage.later(minutes=1))
    actions.finish(stage.helping, errand.case_id, receipt=make_pdf(), at=stage.later(minutes=1))
    actions.confirm(stage.asking, errand.case_id, at=clock.now())
    for _time in range(2):
        jobs.thank_forgotten.func()
        effects.thank({"case": str(errand.case_id)})
    thanks = [entry for entry in notify.list_inbox(stage.helper.id) if entry.kind == effects.THANKS]
    assert len(thanks) == 1
    assert Errand.objects.get(id=errand.id).thanked_at == clock.now()
