"""谁看过我的病历."""

import pytest

from huizhen.kernel import clock
from huizhen.kernel.access import NotVisible
from huizhen.people.accounts.actions import name_patient, open_patient_account
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.patients import access
from huizhen.records.patients.actions import add_guardian
from huizhen.records.patients.readers import SENTENCES, list_readers
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_guardian, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient():
    return make_patient(account=make_account(kind="patient"))


def test_the_patient_sees_who_read_from_where_and_what(patient):
    hospital = make_organisation("江城市人民医院")
    expert = make_account("王医生", home=hospital)
    make_consent(patient, account=expert)
    access.access_patient(as_staff(expert), patient.id)
    access.access_patient(family(patient.account), patient.id)
    own, other = list_readers(family(patient.account), patient.id)
    assert (other.name, other.organisation, other.own) == ("王医生", "江城市人民医院", False)
    assert other.did == str(SENTENCES["records.patient.read"])
    assert own.own


def test_pages_by_cursor(patient):
    actor = family(patient.account)
    for _ in range(5):
        access.access_patient(actor, patient.id)
    first = list_readers(actor, patient.id, limit=3)
    rest = list_readers(actor, patient.id, after=first[-1].number, limit=3)
    assert (len(first), len(rest)) == (3, 2)
    assert first[-1].number > rest[0].number


def test_guardians_and_audit_administrators_may_ask_and_nobody_else(patient):
    list_readers(family(make_guardian(patient).account), patient.id)
    administrator = staff("audit_admin", patient.organisation)
    list_readers(administrator, patient.id)
    assert list_readers(family(patient.account), patient.id)[0].name == administrator.name
    for stranger in (family(), staff("applicant", patient.organisation), staff("audit_admin")):
        with pytest.raises(NotVisible):
            list_readers(stranger, patient.id)


def test_nobody_is_called_by_the_log_in_name_that_the_house_gave(patient):
    phone = open_patient_account("+8613800138000", at=clock.now())
    add_guardian(patient, phone.pk, "child", actor=staff("applicant", patient.organisation), at=clock.now())
    access.access_patient(family(phone), patient.id)
    assert [one.name for one in list_readers(family(phone), patient.id) if one.own] == ["138****8000"]
    name_patient(phone.pk, "李建军")
    assert [one.name for one in list_readers(family(phone), patient.id) if one.own] == ["李建军"]
