"""Emergency access at the desk: opened by a doctor, counted, judged on the page of the review."""

import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import sit_down, staff, text
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_organisation, make_practitioner
from huizhen.records.emergency.models import EmergencyAccess
from huizhen.records.tests.builders import make_patient

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db


def test_a_doctor_opens_reads_and_another_judges(settings):
    settings.EMERGENCY_PER_DAY = 2
    hospital = make_organisation()
    patient = make_patient(hospital, name="李秀英")
    desk = sit_down(enrol(make_practitioner(name="急诊医生", role="applicant").account))
    said = {"name": "李秀英", "number": patient.identity_number, "reason": "昏迷送来，须立即了解用药史"}
    assert "for 4 hours" in text(desk.get(reverse("emergency-new")))
    assert desk.post(reverse("emergency-new"), {**said, "name": "李秀"}).status_code == 400
    record = reverse("patient", args=[patient.id])
    assert desk.post(reverse("emergency-new"), said).url == record
    assert "in an emergency" in text(desk.get(record))
    assert desk.post(reverse("emergency-new"), said).status_code == 429
    page = reverse("emergency", args=[EmergencyAccess.objects.get().case_id])
    assert page in text(desk.get(reverse("emergencies")))
    assert "Your verdict" not in text(desk.get(page))
    reviewer = staff("audit_admin", hospital)
    assert page in text(reviewer.get(reverse("emergencies")))
    shown = text(reviewer.get(page))
    assert "须立即了解用药史" in shown
    assert "opened the record" in shown
    assert reviewer.post(page, {"verdict": "justified"}).status_code == 400
    assert reviewer.post(page, {"verdict": "justified", "reason": "有急诊病历"}).url == reverse("emergencies")
    assert "Justified" in text(desk.get(page))
    assert staff("audit_admin").get(page).status_code == 404
