"""Patients at the desk: found, registered, shown, corrected; and for strangers not there."""

from datetime import timedelta

import pytest
from django.urls import reverse

from huizhen.console.records.finding import read_search
from huizhen.console.records.tests.desk import person, sit_down, staff, text
from huizhen.kernel import clock
from huizhen.kernel.audit.models import AuditEntry
from huizhen.people.accounts.actions import open_patient_account
from huizhen.people.accounts.tests.people import fresh_cache
from huizhen.people.tests.builders import make_organisation
from huizhen.records.patients.models import Patient
from huizhen.records.tests.builders import make_consent, make_guardian, make_number, make_patient

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
STRANGERS = ["applicant", "coordinator", "expert", "department_head", "operator", "system_admin", "audit_admin"]


@pytest.fixture
def house():
    return make_organisation()


def form(house, **changes):
    said = {"name": "李秀英", "identity_kind": "resident", "identity_number": make_number(), "phone": "13800138000"}
    return {**said, "organisation_id": house.id, **changes}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (" 王秀英 ", {"name": "王秀英"}),
        ("138 0013 8000", {"phone": "138 0013 8000"}),
        ("１３８００１３８０００", {"phone": "１３８００１３８０００"}),
        ("11010119580412002X", {"identity_number": "11010119580412002X"}),
        ("E12345678", {"identity_number": "E12345678"}),
        ("", {}),
    ],
)
def test_what_was_typed_is_a_name_a_phone_or_a_document(typed, asked):
    assert read_search(typed) == asked


def test_a_patient_is_found_by_each_whole_word_and_by_no_part(house):
    patient = make_patient(house, name="王秀英", phone="+8613800138000")
    desk = staff("applicant", house)
    for typed in ("王秀英", "13800138000", patient.identity_number):
        assert str(patient.id) in text(desk.post(reverse("patients"), {"q": typed}))
    for typed in ("王秀", "1380013", patient.identity_number[:-1]):
        answer = text(desk.post(reverse("patients"), {"q": typed}))
        assert str(patient.id) not in answer
        assert "must be complete" in answer


def test_nobody_of_another_hospital_is_found(house):
    make_patient(house, name="王秀英")
    assert "Nobody found" in text(staff("applicant").post(reverse("patients"), {"q": "王秀英"}))


def test_trying_out_numbers_is_stopped(house):
    desk = staff("applicant", house)
    answers = [desk.post(reverse("patients"), {"q": make_number()}).status_code for _ in range(31)]
    assert answers[:30] == [200] * 30
    assert answers[30] == 429


@pytest.mark.parametrize(("role", "status"), [("applicant", 200), ("department_head", 200), ("expert", 403)])
def test_search_is_for_those_who_treat(role, status, house):
    assert staff(role, house).get(reverse("patients")).status_code == status


def test_patients_have_no_search_but_their_own_page():
    assert person().get(reverse("patients")).url == reverse("me")
    assert person().post(reverse("patients"), {"q": "王秀英"}).url == reverse("me")
    assert person().get(reverse("patient-new")).status_code == 404


def test_without_log_in_there_is_only_the_log_in(client, house):
    answer = client.get(reverse("patient", args=[make_patient(house).id]))
    assert answer.url.startswith("/account/login/")


def test_an_identity_card_fills_in_birth_date_and_sex(house):
    answer = staff("applicant", house).post(reverse("patient-new"), form(house))
    patient = Patient.objects.get()
    assert answer.url == reverse("patient", args=[patient.id])
    assert (str(patient.birth_on), patient.sex) == ("1958-04-12", "female")


def test_a_wrong_identity_number_is_explained_beside_the_field_and_nothing_is_lost(house):
    wrong = make_number()[:-1] + "A"
    answer = staff("applicant", house).post(reverse("patient-new"), form(house, identity_number=wrong))
    assert answer.status_code == 400
    assert "17 digits and a last digit or X" in text(answer)
    assert wrong in text(answer)
    assert "李秀英" in text(answer)
    assert list(answer.context["form"].errors) == ["identity_number"]
    assert not Patient.objects.exists()


def test_a_mistyped_digit_is_found_by_the_check_digit(house):
    number = make_number()
    wrong = number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    answer = staff("applicant", house).post(reverse("patient-new"), form(house, identity_number=wrong))
    assert "last digit does not fit" in text(answer)


def test_nobody_registers_at_a_place_of_others(house):
    other = make_organisation()
    answer = staff("applicant", house).post(reverse("patient-new"), form(house, organisation_id=other.id))
    assert answer.status_code == 400
    assert not Patient.objects.exists()


@pytest.mark.parametrize("role", STRANGERS)
def test_for_strangers_there_is_no_such_patient(role, house):
    patient = make_patient(house)
    desk = staff(role)
    for name in ("patient", "patient-correct", "patient-log-in", "guardian-new", "document-new", "imaging-new"):
        assert desk.get(reverse(name, args=[patient.id])).status_code == 404
    for name in ("patient-show", "patient-log-in", "guardian-new", "document-new", "imaging-new"):
        assert desk.post(reverse(name, args=[patient.id])).status_code == 404


def test_numbers_are_masked_until_asked_for_and_the_asking_is_noted(house):
    patient = make_patient(house, phone="+8613800138000")
    desk = staff("applicant", house)
    page = text(desk.get(reverse("patient", args=[patient.id])))
    assert "138****8000" in page
    assert patient.identity_number not in page
    shown = text(desk.post(reverse("patient-show", args=[patient.id]), headers={"HX-Request": "true"}))
    assert patient.identity_number in shown
    assert "<html" not in shown
    assert patient.identity_number in text(desk.post(reverse("patient-show", args=[patient.id])))
    noted = AuditEntry.objects.filter(patient_id=patient.id, action="records.patient.show")
    assert noted.count() == 2


def test_who_came_by_consent_sees_no_numbers(house):
    patient = make_patient(house)
    desk = staff("expert")
    make_consent(patient, account=desk.account)
    assert "Show whole numbers" not in text(desk.get(reverse("patient", args=[patient.id])))
    assert desk.post(reverse("patient-show", args=[patient.id])).status_code == 403


def test_a_correction_keeps_reason_and_needs_one(house):
    patient = make_patient(house, name="王秀英")
    desk, address = staff("applicant", house), reverse("patient-correct", args=[patient.id])
    said = {"name": "王秀瑛", "identity_kind": "resident", "identity_number": patient.identity_number, "phone": "",
            "sex": "female", "birth_on": "1958-04-12"}  # fmt: skip
    assert desk.post(address, said).status_code == 400
    assert desk.post(address, {**said, "reason": "户口本为准"}).status_code == 302
    page = text(desk.get(reverse("patient", args=[patient.id])))
    assert "王秀瑛" in page
    assert "户口本为准" in page


def test_a_patient_corrects_only_the_phone(house):
    desk = person()
    patient = make_patient(house, account=desk.account)
    address = reverse("patient-correct", args=[patient.id])
    assert set(desk.get(address).context["form"].fields) == {"phone", "reason"}
    assert desk.post(address, {"phone": "13900139000", "name": "别人", "reason": "换号"}).status_code == 302
    patient = Patient.objects.get(id=patient.id)
    assert (patient.phone, patient.name) != ("", "别人")
    assert patient.phone == "+8613900139000"


def test_a_patient_is_let_in_by_the_phone_of_the_record_and_no_other(house):
    patient = make_patient(house, name="陈桂芳", phone="+8613700137000")
    own, other = (open_patient_account(f"+861370013700{n}", at=clock.now()) for n in (0, 1))
    desk, address = staff("applicant", house), reverse("patient-log-in", args=[patient.id])
    for typed, said in (("13700137001", "holds another number"), ("137", "an 11-digit mobile number")):
        assert said in text(desk.post(address, {"phone": typed}))
    assert "opens no health record yet" in text(sit_down(own).get("/me/"))
    assert "The patient cannot log in yet" in text(desk.get(reverse("patient", args=[patient.id])))
    assert desk.post(address, {"phone": "137 0013 7000"}).status_code == 302
    page = text(sit_down(own).get("/me/"))
    assert "Hello, 陈桂芳" in page
    assert reverse("patient", args=[patient.id]) in page
    assert sit_down(other).get(reverse("patient", args=[patient.id])).status_code == 404
    assert "The patient cannot log in yet" not in text(desk.get(reverse("patient", args=[patient.id])))


def test_a_log_in_given_by_mistake_is_ended_by_the_hospital_alone(house):
    own = open_patient_account("+8613700137000", at=clock.now())
    patient = make_patient(house, account=own)
    desk, page = staff("applicant", house), reverse("patient", args=[patient.id])
    end = reverse("patient-log-in-end", args=[patient.id])
    assert end in desk.get(page).content.decode()
    assert end not in sit_down(own).get(page).content.decode()
    assert sit_down(own).post(end).status_code == 403
    assert staff("applicant").post(end).status_code == 404
    assert sit_down(own).get(page).status_code == 200
    for _time in range(2):
        assert desk.post(end).status_code == 302
    assert sit_down(own).get(page).status_code == 404
    assert "The patient cannot log in yet" in text(desk.get(page))
    entry = AuditEntry.objects.get(action="records.patient.unlinked")
    assert (entry.patient_id, entry.data) == (patient.id, {"account": str(own.id)})


def test_who_has_never_logged_in_is_asked_to_do_so_first(house):
    patient, desk = make_patient(house, phone=""), staff("applicant", house)
    answer = desk.post(reverse("patient-log-in", args=[patient.id]), {"phone": "13700137000"})
    assert "Ask the patient to log in once by phone code." in text(answer)


def test_a_guardian_is_added_by_phone_and_ended(house):
    patient, relative = make_patient(house), open_patient_account("+8613700137000", at=clock.now())
    desk, address = staff("applicant", house), reverse("guardian-new", args=[patient.id])
    wrong = desk.post(address, {"name": "李建军", "phone": "13700137001", "relation": "child"})
    assert "Nobody logs in with this number" in text(wrong)
    assert "13700137001" in text(wrong)
    assert desk.post(address, {"name": "李建军", "phone": "13700137000", "relation": "child"}).status_code == 302
    assert "李建军 may now act for the patient." in text(desk.get(reverse("patient", args=[patient.id])))
    relative_desk = sit_down(relative)
    assert relative_desk.get(reverse("patient", args=[patient.id])).status_code == 200
    assert desk.post(reverse("guardian-end", args=[patient.id, relative.id])).status_code == 302
    assert sit_down(relative).get(reverse("patient", args=[patient.id])).status_code == 404


def test_a_consent_is_withdrawn_at_the_desk_by_the_own_hospital_only(house):
    patient = make_patient(house)
    consent = make_consent(patient, organisation=make_organisation())
    address = reverse("patient-consent-withdraw", args=[consent.id])
    assert staff("applicant").post(address).status_code == 404
    assert staff("applicant", house).post(address).status_code == 302
    consent.refresh_from_db()
    assert consent.withdrawn_at - consent.given_at < timedelta(minutes=5)


def test_the_page_costs_a_fixed_number_of_queries(house, django_assert_max_num_queries):
    patient = make_patient(house)
    for _each in range(3):
        make_guardian(patient)
        make_consent(patient, organisation=make_organisation())
    desk = staff("applicant", house)
    desk.get(reverse("patient", args=[patient.id]))
    with django_assert_max_num_queries(22):
        desk.get(reverse("patient", args=[patient.id]))
