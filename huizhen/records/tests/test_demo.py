"""The demonstration's patients are there once, however often they are loaded."""

import pytest

from huizhen.kernel import clock
from huizhen.people.accounts import queries as accounts
from huizhen.people.accounts.models import Account
from huizhen.people.tests.builders import make_account, make_member, make_organisation
from huizhen.records import demo
from huizhen.records.documents.models import Document
from huizhen.records.imaging.models import ImagingImport, ImagingInstance
from huizhen.records.patients.models import Guardian, Patient
from huizhen.records.patients.queries import list_patient_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """What `people.demo` would have made, as far as it is needed."""
    place = make_organisation("内科", code=demo.HOSPITAL)
    make_organisation("卫生院", code=demo.CLINIC)
    make_member("applicant", place, account=make_account("周岚", username=demo.DOCTOR))
    for phone in {sample.phone for sample in demo.PATIENTS} | {sample.guardian_phone for sample in demo.PATIENTS}:
        if phone:
            make_account(kind="patient", phone=phone, phone_index=accounts.blind_phone(phone))


def test_twice_is_once(people, monkeypatch):
    small = demo.ChestCT

    def chest(person, taken_on):
        return small(person, taken_on, slices=3, size=32)

    monkeypatch.setattr(demo, "ChestCT", chest)
    for _ in range(2):
        assert list(demo.load(clock.now()))
    assert (Patient.objects.count(), Guardian.objects.count(), Document.objects.count()) == (4, 1, 2)
    assert ImagingInstance.objects.count() == 3
    run = ImagingImport.objects.get()
    assert (run.kept, run.problems.count()) == (3, 0)
    son = Account.objects.get(phone_index=accounts.blind_phone("+8613800001002"))
    assert len(list_patient_ids(son.pk)) == 1
