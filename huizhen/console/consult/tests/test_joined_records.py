"""A person with two records: whichever of them has the account or the guardian, the consultations are theirs."""

import pytest

from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.flow.models import Participant
from huizhen.records.consent.models import Consent
from huizhen.records.merging.actions import merge_patients, split_patients
from huizhen.records.patients.actions import unlink_account
from huizhen.records.patients.models import Patient
from huizhen.records.patients.queries import list_standing
from huizhen.records.tests.builders import make_guardian, make_patient

pytestmark = pytest.mark.django_db


def take_part(application):
    """Who of patient and family takes part, as what."""
    rows = Participant.objects.filter(case_id=application.case_id, capacity__in=("patient", "family"), until=None)
    return dict(rows.values_list("account_id", "capacity"))


@pytest.fixture
def other(cast):
    """A second record of the same person, without an account."""
    return make_patient(cast.county)


def join(cast, survivor, replaced):
    merge = merge_patients(survivor, replaced, actor=cast.actor(cast.applicant), at=cast.at)
    outbox.run_pending(cast.at)
    return merge


@pytest.mark.parametrize("account_goes", [True, False])
def test_a_consultation_after_joining_is_the_patients_and_the_familys(cast, as_, other, account_goes):
    daughter = make_guardian(cast.patient).account
    with_account = cast.patient
    join(cast, *((other, with_account) if account_goes else (with_account, other)))
    cast.patient = Patient.objects.get(id=other.id if account_goes else with_account.id)
    application = make.reviewing(cast)
    assert take_part(application) == {cast.patient_account.id: "patient", daughter.id: "family"}
    for account in (cast.patient_account, daughter):
        assert as_(account).get(f"/consult/joint/{application.case_id}/").status_code == 200
    [consent] = Consent.objects.filter(case_id=application.case_id)
    client = as_(cast.patient_account)
    client.post(f"/me/consents/{consent.id}/withdraw/")
    client.post(f"/me/consents/{consent.id}/give/")
    given = Consent.objects.get(case_id=application.case_id, withdrawn_at=None)
    assert given.evidence == "in_app"  # the patient's own word, not a guardian's


def test_joining_lets_the_patient_in_and_taking_apart_ends_it(cast, as_, other):
    owner, cast.patient = cast.patient, other
    application = make.reviewing(cast)
    where = f"/consult/joint/{application.case_id}/"
    assert as_(cast.patient_account).get(where).status_code == 404
    merge = join(cast, other, owner)
    assert take_part(application) == {cast.patient_account.id: "patient"}
    assert as_(cast.patient_account).get(where).status_code == 200
    split_patients(merge, reason="认错了人", actor=cast.actor(cast.applicant), at=cast.later(minutes=1))
    outbox.run_pending(cast.later(minutes=1))
    assert take_part(application) == {}
    assert as_(cast.patient_account).get(where).status_code == 404


def test_who_has_no_log_in_any_more_takes_part_no_more(cast, as_):
    application = make.reviewing(cast)
    unlink_account(cast.patient, actor=cast.actor(cast.applicant), at=cast.at)
    outbox.run_pending(cast.at)
    assert take_part(application) == {}
    assert as_(cast.patient_account).get(f"/consult/joint/{application.case_id}/").status_code == 404


def test_whichever_record_is_asked_for_the_same_accounts_stand_for_the_person(cast, other):
    son = make_guardian(other).account
    join(cast, other, cast.patient)
    for record in (other, cast.patient):
        assert list(list_standing(record.id).items()) == [(cast.patient_account.id, True), (son.id, False)]
