"""The pages of a medicine: written down beside the case, refused beside the field, corrected with what stood there."""

import re

import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import sit_down, staff, text
from huizhen.kernel import ids
from huizhen.people.accounts.tests.people import enrol, fresh_cache
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.medicines.models import Medicine
from huizhen.records.tests.builders import make_consent, make_patient

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
SAID = {"name": "苯磺酸氨氯地平片", "dose": "5 mg", "route": "口服", "frequency": "每日一次", "status": "active"}


def test_a_medicine_is_written_down_shown_and_corrected():
    house = make_organisation()
    patient, desk, expert = make_patient(house), staff("applicant", house), make_account()
    make_consent(patient, account=expert)
    case_id = ids.new_id()
    new = reverse("medicine-new", args=[patient.id])
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', text(desk.get(new)))[1]
    wrong = desk.post(new, {**SAID, "key": key, "ends_on": "2020-01-01"})
    assert (wrong.status_code, Medicine.objects.count()) == (400, 0)
    assert "choose how it ended" in text(wrong)
    assert "苯磺酸氨氯地平片" in text(wrong), "what was typed stays"
    assert desk.post(new, {**SAID, "key": "nonsense"}).status_code == 400
    for _time in range(2):
        answer = desk.post(f"{new}?case={case_id}", {**SAID, "key": key, "starts_on": "2026-03-01"})
        assert (answer.status_code, answer.url) == (302, f"/consult/joint/{case_id}/")
    medicine = Medicine.objects.get()
    page = reverse("medicine", args=[medicine.id])
    for reader in (desk, sit_down(enrol(expert))):
        assert "每日一次" in text(reader.get(page))
        assert page in text(reader.get(reverse("patient", args=[patient.id])))
        line = text(reader.get(reverse("patient-timeline", args=[patient.id]), {"kind": "medicine"}))
        assert page in line
        assert "Taken now" in line
    edit = reverse("medicine-correct", args=[medicine.id])
    assert edit not in text(reader.get(page))
    assert reader.get(edit).status_code == 403
    assert desk.post(edit, {**SAID, "dose": "10 mg", "version": "0"}).status_code == 400, "no reason"
    said = {**SAID, "dose": "10 mg", "starts_on": "2026-03-01", "reason": "核对药盒", "version": "0"}
    assert desk.post(edit, said).status_code == 302
    assert all(word in text(desk.get(page)) for word in ("<del>5 mg</del>", "核对药盒", "10 mg"))
    late = desk.post(edit, {**said, "dose": "2.5 mg"})
    assert (late.status_code, "another window" in text(late)) == (400, True)
    gone = {**said, "status": "entered-in-error", "version": "1"}
    assert desk.post(edit, gone).status_code == 302
    assert page not in text(desk.get(reverse("patient", args=[patient.id])))
    assert "entered by mistake" in text(desk.get(page)).lower()
    assert desk.get(reverse("medicine", args=[ids.new_id()])).status_code == 404
