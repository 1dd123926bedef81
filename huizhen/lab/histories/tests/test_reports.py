"""A person's own report: hers alone, made once beside the requests, replaced when a result is corrected."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from huizhen.kernel import clock, outbox
from huizhen.kernel.audit.models import AuditEntry
from huizhen.lab.histories.models import OwnReport
from huizhen.lab.histories.sheets import list_sheets
from huizhen.lab.results import actions as results
from huizhen.lab.results.models import Observation, Paper
from huizhen.lab.tests.builders import make_lab, patients_of, reading
from huizhen.people.tests.builders import make_account
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_guardian

pytestmark = pytest.mark.django_db
PAGE = "/me/results/"


def enter(client, account):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(account)
    return client


@pytest.fixture
def tested():
    """A child's blood count with one value released and one in review, and the mother's account."""
    lab, mother = make_lab(), make_account(kind="patient")
    tube = lab.collect(panel="CBC")
    lines = [reading(tube, "140", "HGB"), reading(tube, "9999", "PLT")]
    results.take(lines, message_id=uuid4(), instrument_id=None, at=clock.now())
    [child] = Patient.objects.filter(id__in=patients_of([tube]))
    make_guardian(child, mother, "parent")
    return lab, tube, child, mother


def test_a_mother_fetches_her_childs_report_and_after_a_correction_only_the_new_one(client, tested):
    lab, tube, child, mother = tested
    enter(client, mother)
    ask = reverse("me-report-ask", args=[child.id, tube.id])
    assert ask in client.get(PAGE).content.decode()
    for _ in range(2):
        client.post(ask)
    shown = client.get(PAGE).content.decode()
    assert ("hx-get" in shown, ask in shown, OwnReport.objects.count()) == (True, False, 1)
    outbox.run_pending(clock.now())
    first = OwnReport.objects.get()
    at = reverse("me-report", args=[first.id])
    assert at in client.get(PAGE).content.decode()
    answer = client.get(at)
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert (answer["Cache-Control"], "attachment" in answer["Content-Disposition"]) == ("private, no-store", True)
    assert AuditEntry.objects.filter(action="lab.report.read", patient_id=child.id).count() == 1
    assert Observation.objects.get(status="review").id not in first.paper.contents
    [row] = Observation.objects.filter(status="released")
    results.correct(row.id, value="104", reason="swapped", actor=lab.bench, at=clock.now())
    assert client.get(at).status_code == 302, "what is wrong is not given out any more"
    assert b"Genuine, but out of date" in client.get(reverse("lab-verify", args=[first.paper.code])).content
    shown = client.get(PAGE).content.decode()
    assert ("1 earlier report was replaced" in shown, "Corrected version" in shown, ask in shown) == (True, True, True)
    client.post(ask)
    outbox.run_pending(clock.now())
    first.refresh_from_db()
    assert first.file.refusal == "forgotten"
    assert client.get(reverse("me-report", args=[OwnReport.objects.latest("asked_at").id])).status_code == 200
    assert Paper.objects.count() == 2


def test_nobody_elses_report_is_there_and_nothing_that_is_not_released(client, tested):
    _lab, tube, child, mother = tested
    other = make_lab().collect(panel="CBC")
    enter(client, mother).post(reverse("me-report-ask", args=[child.id, tube.id]))
    report = reverse("me-report", args=[OwnReport.objects.get().id])
    assert client.get(report).status_code == 302, "it is not made yet"
    waiting = reverse("me-report-ask", args=[child.id, other.id])
    assert client.post(waiting).status_code == 404
    enter(client, make_account(kind="patient"))
    assert [client.post(reverse("me-report-ask", args=[child.id, tube.id])).status_code,
            client.get(report).status_code] == [404, 404]  # fmt: skip
    assert not list_sheets(child.id, "en", since=clock.now() + timedelta(days=1))
