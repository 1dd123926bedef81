"""What is laid before a consultation is opened by consent for it: nobody lays there what they may not read."""

from datetime import timedelta

import pytest

from huizhen.consult.joint import actions
from huizhen.kernel.flow.language import Refused
from huizhen.people.tests.builders import make_organisation, make_practitioner
from huizhen.records.consent.actions import give_consent
from huizhen.records.documents.access import access_document
from huizhen.records.patients.access import access_patient

from . import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(cast):
    """A doctor of another hospital, who may apply there."""
    hospital = make_organisation("青河县人民医院", kind="hospital", parent=cast.platform)
    return make_practitioner(hospital, name="何平", title="attending", role="applicant").account


def agree(cast, account, *scope):
    patient = cast.actor(cast.patient_account)
    give_consent(
        access_patient(patient, cast.patient.id), scope=scope, purpose="treatment", account_id=account.id,
        until=cast.at + timedelta(days=30), actor=patient, at=cast.at,
    )  # fmt: skip
    cast.later(minutes=1)


def apply(cast, account, *documents):
    actor = cast.actor(account)
    wanted = make.wanted(cast, consent_file_id=make.store_pdf(actor, cast.at), document_ids=documents)
    return actions.submit(actor, wanted, at=cast.at)


def test_what_somebody_may_not_read_they_do_not_lay_before_a_case_of_their_own(cast, guest):
    paper = make.make_document(cast)
    agree(cast, guest, "imaging")
    with pytest.raises(Refused, match="wrong_material"):
        apply(cast, guest, paper)
    agree(cast, guest, "documents")
    made = apply(cast, guest, paper)
    assert [one.document_id for one in made.materials.all()] == [paper]


def test_nor_when_more_is_supplied_and_what_lies_there_may_be_named_again(cast, guest):
    paper, other = make.make_document(cast), make.make_document(cast)
    agree(cast, guest, "imaging")
    made = apply(cast, guest)
    actor, coordinator = cast.actor(guest), cast.actor(cast.coordinator)
    actions.ask_material(coordinator, made.case_id, missing=["material"], note="", at=cast.later(minutes=1))
    made.materials.create(document_id=paper, added_by=cast.applicant, added_at=cast.at)
    with pytest.raises(Refused, match="wrong_material"):
        actions.supply_material(actor, made.case_id, document_ids=[paper, other], at=cast.at)
    actions.supply_material(actor, made.case_id, document_ids=[paper], at=cast.at)
    assert access_document(actor, paper, asked_for=made.case_id).id == paper
