"""A patient's own pages: who read, what is allowed, what one is told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from huizhen.console.me import readers
from huizhen.console.records.tests.desk import person, sit_down, staff, text
from huizhen.kernel import clock, notify
from huizhen.people.accounts.tests.people import fresh_cache
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent.models import Consent
from huizhen.records.tests.builders import make_consent, make_guardian, make_patient
from huizhen.records.tests.cases import close_case, make_case

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
PAGES = ("me", "me-access", "me-consents")


@pytest.fixture
def house():
    return make_organisation("云岭县医院")


@pytest.fixture
def desk():
    return person()


@pytest.fixture
def patient(house, desk):
    return make_patient(house, name="王秀英", account=desk.account)


@pytest.mark.parametrize("page", PAGES)
def test_they_are_for_patients_only(page):
    assert staff("applicant").get(reverse(page)).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_who_stands_for_nobody_yet_sees_empty_pages(page):
    assert person().get(reverse(page)).status_code == 200


def test_the_start_page_greets_and_leads_on(desk, patient):
    page = text(desk.get(reverse("me")))
    assert desk.account.name in page
    assert reverse("me-access") in page


def test_a_page_that_stays_open_is_one_look(desk, patient, house):
    doctor = staff("applicant", house)
    for _ in range(3):
        doctor.get(reverse("patient", args=[patient.id]))
    page = text(desk.get(reverse("me-access")))
    assert page.count("opened the record") == 1


def test_everybody_who_read_is_listed_with_name_and_act(desk, patient, house):
    doctor = staff("applicant", house)
    doctor.get(reverse("patient", args=[patient.id]))
    doctor.post(reverse("patient-show", args=[patient.id]))
    page = text(desk.get(reverse("me-access")))
    assert doctor.account.name in page
    assert "opened the record" in page
    assert "looked at the whole identity number and phone" in page


def test_a_guardian_chooses_whose_list_and_sees_no_others(desk, patient, house):
    child = make_patient(house, name="小安")
    make_guardian(child, desk.account, "parent")
    assert "小安" in text(desk.get(reverse("me-access")))
    assert desk.get(reverse("me-access"), {"patient": child.id}).status_code == 200
    assert desk.get(reverse("me-access"), {"patient": make_patient(house).id}).status_code == 404


def test_the_list_has_pages(desk, patient, house, monkeypatch):
    monkeypatch.setattr(readers, "PAGE", 2)
    for _each in range(3):
        staff("applicant", house).get(reverse("patient", args=[patient.id]))
    first = desk.get(reverse("me-access"))
    assert len(first.context["reads"]) == 2
    assert len(
        desk.get(reverse("me-access") + first.context["next"].removeprefix(reverse("me-access"))).context["reads"]
    )


def test_a_consent_is_withdrawn_in_one_tap_and_given_again_in_another(desk, patient):
    consent = make_consent(patient, organisation=make_organisation("市一医院"))
    assert "市一医院" in text(desk.get(reverse("me-consents")))
    assert desk.post(reverse("me-consent-withdraw", args=[consent.id])).status_code == 302
    assert desk.post(reverse("me-consent-withdraw", args=[consent.id])).status_code == 302
    consent.refresh_from_db()
    assert consent.withdrawn_at
    assert "Give it again" in text(desk.get(reverse("me-consents")))
    for _twice in range(2):
        assert desk.post(reverse("me-consent-give", args=[consent.id])).status_code == 302
    anew = Consent.objects.get(withdrawn_at=None)
    assert (anew.organisation_id, anew.scope, anew.until) == (consent.organisation_id, consent.scope, consent.until)
    assert "Give it again" not in text(desk.get(reverse("me-consents"))), "it is in force already"


def test_what_is_over_is_not_given_again(desk, patient):
    case = make_case(patient, kind="consult.joint")
    consent = make_consent(patient, case=case)
    assert "its signed report too, until it ends" in text(desk.get(reverse("me-consents"))), "told before the button"
    desk.post(reverse("me-consent-withdraw", args=[consent.id]))
    assert "its signed report too" not in text(desk.get(reverse("me-consents")))
    close_case(case)
    page = text(desk.get(reverse("me-consents")))
    assert "Give it again" not in page
    assert case.number in page


def test_the_consent_of_others_does_not_exist(desk, house):
    consent = make_consent(make_patient(house), organisation=house)
    for name in ("me-consent-withdraw", "me-consent-give"):
        assert desk.post(reverse(name, args=[consent.id])).status_code == 404


def test_an_old_consent_shows_when_it_ended(desk, patient):
    past = clock.now() - timedelta(days=40)
    make_consent(patient, organisation=make_organisation(), at=past, until=past + timedelta(days=10))
    assert "Ended" in text(desk.get(reverse("me-consents")))


@pytest.mark.parametrize("make", [person, lambda: staff("coordinator")])
def test_wishes_are_stored_for_patients_and_staff(make):
    desk = make()
    said = {"way-sms": "on", "quiet_start": "21:30", "quiet_end": "06:00"}
    assert desk.post(reverse("me-notifications"), said).status_code == 302
    wish = notify.get_preference(desk.account.pk)
    assert (wish.channels_off, f"{wish.quiet_from:%H:%M}") == (["email"], "21:30")
    assert 'value="21:30"' in text(desk.get(reverse("me-notifications")))


def test_a_wrong_time_is_said_and_the_ticks_stay():
    desk = person()
    answer = desk.post(reverse("me-notifications"), {"way-email": "on", "quiet_start": "25:99", "quiet_end": "06:00"})
    assert answer.status_code == 400
    assert "25:99" in text(answer)
    assert notify.get_preference(desk.account.pk).channels_off == []


def test_the_pages_cost_a_fixed_number_of_queries(house, django_assert_max_num_queries):
    account = make_account(kind="patient")
    patient = make_patient(house, account=account)
    for _each in range(5):
        make_consent(patient, organisation=make_organisation())
    desk = sit_down(account)
    for page in PAGES:
        desk.get(reverse(page))
        with django_assert_max_num_queries(16):
            desk.get(reverse(page))
