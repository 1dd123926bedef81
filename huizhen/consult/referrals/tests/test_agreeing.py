"""Who may say that the patient agrees to a referral: never the hospital that would read by it."""

import pytest

from huizhen.consult.joint.tests import builders as joint
from huizhen.consult.referrals import actions
from huizhen.consult.referrals.access import access_letter, access_referral
from huizhen.consult.referrals.queries import get_consent
from huizhen.consult.referrals.tests import builders as make
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.people.tests.builders import make_practitioner
from huizhen.records.consent.actions import withdraw_consent
from huizhen.records.refused import Refused

pytestmark = pytest.mark.django_db


def agree(cast, account, referral, *, on_paper):
    actor = cast.actor(account)
    paper = joint.store_pdf(actor, cast.at) if on_paper else None
    return actions.agree(actor, referral.case_id, paper_file_id=paper, at=cast.at)


def test_a_form_counts_from_the_referring_doctor_alone_and_not_from_who_would_read(cast):
    _hospital, department, coordinator = make.make_receiver(cast)
    referral = make.accepted(cast, joint.delivered(cast), department, coordinator)
    doctor = make_practitioner(department, name="沈毅").account
    actions.name_doctor(cast.actor(coordinator), referral.case_id, doctor_id=doctor.id, at=cast.at)
    given = get_consent(referral, at=cast.at)
    withdraw_consent(given, actor=cast.actor(cast.patient_account), at=cast.later(minutes=1))
    cast.later(minutes=1)
    for account in (coordinator, doctor):
        with pytest.raises(NotAllowed):
            agree(cast, account, referral, on_paper=True)
        with pytest.raises(Refused):
            agree(cast, account, referral, on_paper=False)
        assert not access_referral(cast.actor(account), referral.case_id).opens
        with pytest.raises(NotVisible):
            access_letter(cast.actor(account), referral.case_id)
    assert agree(cast, cast.applicant, referral, on_paper=True).evidence == "paper"
    assert agree(cast, cast.patient_account, referral, on_paper=True).evidence == "paper", "given already"
    cast.later(minutes=1)
    assert access_referral(cast.actor(doctor), referral.case_id).opens
