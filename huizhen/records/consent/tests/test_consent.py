"""Consents on the real database: who they reach, how they end, and that they are never edited."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from huizhen.kernel import clock, files
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.models import Participant
from huizhen.people.tests.builders import make_account, make_organisation
from huizhen.records.consent import access, actions, queries
from huizhen.records.consent.models import Consent
from huizhen.records.refused import Refused
from huizhen.records.tests.actors import as_staff, family, staff
from huizhen.records.tests.builders import make_consent, make_guardian, make_patient
from huizhen.records.tests.cases import close_case, make_case

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def patient():
    return make_patient(account=make_account(kind="patient"))


def reads(actor, patient, what="documents", case=None, at=None) -> bool:
    return queries.is_permitted(actor, patient.person_ids, what, case and case.id, at=at or clock.now())


def give(patient, actor, **changes) -> Consent:
    values = {"scope": ["documents"], "purpose": "consultation", "until": AT + timedelta(days=30)}
    return actions.give_consent(patient, **{**values, **changes}, actor=actor, at=AT)


def errors_of(*arguments, **options) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        give(*arguments, **options)
    return refused.value.errors


def test_a_patient_gives_and_withdraws_in_one_tap_and_twice_is_once(patient):
    own, expert = family(patient.account), staff("expert")
    consent = give(patient, own, account_id=expert.account_id)
    assert consent.evidence == "in_app"
    assert reads(expert, patient, at=AT)
    consent = access.access_consent(own, consent.id, to="withdraw")
    first = actions.withdraw_consent(consent, actor=own, at=AT + timedelta(days=1))
    second = actions.withdraw_consent(consent, actor=own, at=AT + timedelta(days=2))
    assert first.withdrawn_at == second.withdrawn_at == AT + timedelta(days=1)
    assert not reads(expert, patient, at=AT + timedelta(days=1))
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "records.consent.given",
        "records.consent.withdrawn",
    ]


def test_only_what_is_named_is_open(patient):
    expert = make_account()
    make_consent(patient, account=expert, scope=["imaging"])
    actor = as_staff(expert)
    assert reads(actor, patient, "imaging")
    assert not reads(actor, patient, "documents")
    assert reads(actor, patient, ["documents", "imaging"])


def test_only_while_it_lasts(patient):
    expert = make_account()
    make_consent(patient, account=expert, at=AT, until=AT + timedelta(days=2))
    actor = as_staff(expert)
    seen = [reads(actor, patient, at=AT + timedelta(days=days)) for days in (-1, 0, 1, 2)]
    assert seen == [False, True, True, False]


def test_only_whom_it_names(patient):
    make_consent(patient, account=make_account())
    make_consent(patient, organisation=make_organisation())
    assert not reads(staff("expert"), patient)
    assert not reads(as_staff(make_account()), patient)


def test_a_hospital_has_departments_but_no_neighbours_and_no_parent(patient):
    group = make_organisation(kind="group")
    hospital = make_organisation(parent=group)
    ward = make_organisation(parent=hospital, kind="department")
    make_consent(patient, organisation=hospital)
    assert reads(staff("expert", hospital), patient)
    assert reads(staff("applicant", ward), patient)
    assert not reads(staff("expert", group), patient)
    assert not reads(staff("expert", make_organisation(parent=group)), patient)
    assert not reads(staff("operator", hospital), patient)


def test_everybody_on_the_case_and_the_centre_that_runs_it(patient):
    centre, expert, outsider = make_organisation(is_centre=True), make_account(), make_account()
    case = make_case(patient, centre=centre, expert=expert)
    make_consent(patient, case=case)
    assert reads(as_staff(expert), patient, case=case)
    assert reads(staff("coordinator", centre), patient, case=case)
    assert not reads(staff("coordinator"), patient, case=case)
    assert not reads(staff("operator", centre), patient, case=case)
    assert not reads(as_staff(outsider), patient, case=case)


def test_taking_part_without_a_consent_opens_nothing(patient):
    expert = make_account()
    case = make_case(patient, expert=expert)
    assert not reads(as_staff(expert), patient, case=case)


def test_it_ends_with_the_case_and_with_leaving_it(patient):
    expert, left = make_account(), make_account()
    case = make_case(patient, expert=expert, chair=left)
    make_consent(patient, case=case)
    Participant.objects.filter(account=left).update(until=clock.now())
    assert reads(as_staff(expert), patient, case=case)
    assert not reads(as_staff(left), patient, case=case)
    close_case(case)
    assert not reads(as_staff(expert), patient, case=case)


def test_a_consent_for_one_case_does_not_open_another(patient):
    expert = make_account()
    case, other = make_case(patient, expert=expert), make_case(patient, expert=expert)
    make_consent(patient, case=case)
    actor = as_staff(expert)
    assert [reads(actor, patient, case=case), reads(actor, patient, case=other), reads(actor, patient)] == [
        True, False, True,
    ]  # fmt: skip
    assert queries.readable_cases(actor, patient.person_ids, "documents", at=clock.now()) == (False, {case.id})


def test_asking_is_one_query(patient):
    centre, expert = make_organisation(), make_account()
    case = make_case(patient, centre=centre, expert=expert)
    make_consent(patient, case=case)
    actor = as_staff(expert, ("coordinator", centre.id), ("expert", centre.id))
    with CaptureQueriesContext(connection) as captured:
        assert reads(actor, patient, case=case)
    assert len(captured) == 1


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"scope": []}, {"scope": "nothing_shared"}),
        ({"scope": ["documents", "contact"]}, {"scope": "bundled"}),
        ({"purpose": "advertising"}, {"purpose": "unknown_choice"}),
        ({"until": AT}, {"until": "already_over"}),
        ({"until": AT + timedelta(days=400)}, {"until": "too_long_for"}),
        ({"account_id": None}, {"grantee": "one_grantee"}),
    ],
)
def test_what_a_consent_may_not_say(patient, changes, errors):
    given = {"account_id": make_account().id, **changes}
    assert errors_of(patient, family(patient.account), **given) == errors
    assert not Consent.objects.exists()


def test_staff_give_none_without_the_signed_form(patient):
    doctor, other = staff("applicant", patient.organisation), staff("applicant")
    target = {"account_id": make_account().id}
    form = files.store("form.pdf", b"%PDF-1.4 form", actor=other, at=AT, purpose="document")
    assert errors_of(patient, doctor, **target) == {"evidence": "evidence_missing"}
    assert errors_of(patient, doctor, **target, paper_file_id=form.id) == {"evidence": "evidence_missing"}
    own = files.store("form.pdf", b"%PDF-1.4 own form", actor=doctor, at=AT, purpose="document")
    assert give(patient, doctor, **target, paper_file_id=own.id).evidence == "paper"


def test_for_a_child_a_guardian_consents():
    child = make_patient(birth_on=date(2014, 3, 2), account=make_account(kind="patient"))
    target = {"account_id": make_account().id}
    assert errors_of(child, family(child.account), **target) == {"evidence": "guardian_needed"}
    parent = make_guardian(child, relation="parent").account
    assert give(child, family(parent), **target).evidence == "guardian"
    teenager = make_patient(birth_on=date(2012, 3, 1), account=make_account(kind="patient"))
    assert give(teenager, family(teenager.account), **target).evidence == "in_app"


def test_who_may_see_and_withdraw(patient):
    consent = make_consent(patient, account=make_account())
    doctor = staff("applicant", patient.organisation)
    security = staff("security_admin", patient.organisation)
    assert access.access_consent(doctor, consent.id, to="withdraw")
    assert access.access_consent(family(make_guardian(patient).account), consent.id, to="withdraw")
    assert access.access_consent(security, consent.id)
    with pytest.raises(NotAllowed):
        access.access_consent(security, consent.id, to="withdraw")
    for stranger in (staff("applicant"), family(), as_staff(consent.account)):
        with pytest.raises(NotVisible):
            access.access_consent(stranger, consent.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": ["imaging"]},
        {"until": AT + timedelta(days=3000)},
        {"given_at": AT},
        {"withdrawn_at": AT, "scope": ["imaging"]},
    ],
)
def test_the_database_refuses_to_edit_a_consent(patient, changes):
    consent = make_consent(patient, account=make_account())
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.filter(id=consent.id).update(**changes)


def test_the_database_refuses_to_take_a_withdrawal_back(patient):
    consent = make_consent(patient, account=make_account())
    Consent.objects.filter(id=consent.id).update(withdrawn_at=clock.now())
    for changes in ({"withdrawn_at": None}, {"withdrawn_at": AT}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.filter(id=consent.id).update(**changes)


def test_the_history_shows_all_the_latest_first(patient):
    old = make_consent(patient, account=make_account(), at=AT)
    new = make_consent(patient, organisation=make_organisation(), at=AT + timedelta(days=1))
    assert queries.list_consents(patient.id) == [new, old]
