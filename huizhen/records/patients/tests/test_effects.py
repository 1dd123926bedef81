"""Who hears of a consent."""

from datetime import UTC, datetime, timedelta

import pytest

from huizhen.kernel import files
from huizhen.kernel.notify.models import Notification
from huizhen.people.tests.builders import make_account
from huizhen.records.consent import actions
from huizhen.records.consent.models import Consent
from huizhen.records.patients import effects
from huizhen.records.patients.actions import admit_patient
from huizhen.records.tests.actors import family, staff
from huizhen.records.tests.builders import make_guardian, make_patient

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)


def hear_of(consent: Consent) -> list:
    """What the event's job does, twice, and who was told."""
    for _ in range(2):
        effects.tell_patient({"consent": str(consent.id)})
    return sorted(Notification.objects.filter(kind=effects.ADMITTED).values_list("account_id", flat=True))


def test_a_signature_at_another_hospital_is_told_to_the_patient_and_who_stands_for_them():
    patient = make_patient(account=make_account(kind="patient"))
    guardian, doctor = make_guardian(patient), staff("applicant")
    form = files.store("form.pdf", b"%PDF-1.4 form", actor=doctor, at=AT, purpose="document")
    admit_patient(
        organisation_id=doctor.memberships[0].organisation_id, name=patient.name, identity_kind="resident",
        identity_number=patient.identity_number, paper_file_id=form.id, until=AT + timedelta(days=90),
        actor=doctor, at=AT,
    )  # fmt: skip
    assert hear_of(Consent.objects.get()) == sorted([patient.account_id, guardian.account_id])


def test_what_the_patient_gave_is_no_news():
    patient = make_patient(account=make_account(kind="patient"))
    consent = actions.give_consent(
        patient, scope=["documents"], purpose="treatment",
        organisation_id=staff("applicant").memberships[0].organisation_id,
        until=AT + timedelta(days=30), actor=family(patient.account), at=AT,
    )  # fmt: skip
    assert hear_of(consent) == []
