"""Following without an account: link and phone code, nothing clinical, limits, and each look written down."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from huizhen.console import follow
from huizhen.consult.joint.actions import match_family
from huizhen.consult.joint.families import actions
from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.tests import builders as make
from huizhen.kernel import outbox
from huizhen.kernel.access import NotAllowed, NotVisible
from huizhen.kernel.audit.models import AuditEntry
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.limits import Limit
from huizhen.people.accounts.queries import get_demo_phone_code
from huizhen.people.tests.builders import make_account
from huizhen.records.patients.access import access_patient
from huizhen.records.patients.actions import add_guardian, end_guardian

pytestmark = pytest.mark.django_db
PHONE = "+8613900139000"
ONE_OF_A_PHONE = import_module("huizhen.consult.migrations.0017_one_family_link_of_a_phone")


@pytest.fixture
def cast(db):
    cache.clear()
    with time_machine.travel(make.MONDAY, tick=False) as travel:
        yield make.make_cast(travel)


@pytest.fixture
def application(cast):
    return make.submitted(cast)


def link(cast, application, **given):
    fields = {"name": "女儿", "phone": "139 0013 9000", "days": 3, "at": cast.at, **given}
    return actions.make_link(cast.actor(cast.applicant), application.case_id, **fields)


def test_link_and_code_show_the_progress_and_nothing_clinical(cast, application, client):
    reason = "肺部结节需要再看"
    make.actions.extend(
        cast.actor(cast.coordinator), application.case_id, until=cast.at + timedelta(hours=9), reason=reason, at=cast.at
    )
    row, token = link(cast, application)
    door = client.get(f"/follow/{token}/")
    assert door.status_code == 200
    assert application.case.number not in door.content.decode()
    client.post(f"/follow/{token}/", {})
    code = get_demo_phone_code(PHONE)
    assert client.post(f"/follow/{token}/", {"code": "000000" if code != "000000" else "1"}).status_code == 422
    assert client.post(f"/follow/{token}/", {"code": f" {code} "}).status_code == 302
    text = client.get(f"/follow/{token}/").content.decode()
    assert application.case.number in text
    assert "调整了时限" in text
    for kept in (cast.patient.name, "结节", "手术", reason, str(application.patient_id)):
        assert kept not in text, kept
    entry = AuditEntry.objects.get(action="consult.joint.followed")
    assert (entry.patient_id, entry.subject_id) == (cast.patient.id, str(row.id))
    stranger = Client()
    assert application.case.number not in stranger.get(f"/follow/{token}/").content.decode(), (
        "the proof is the session's"
    )


def test_a_code_is_good_once_for_ten_minutes_and_five_tries(cast, application):
    _row, token = link(cast, application)
    actions.send_code(token, language="zh-hans", at=cast.at)
    code = get_demo_phone_code(PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [actions.prove(token, wrong, at=cast.at) for _time in range(5)] == [None] * 5
    assert actions.prove(token, code, at=cast.at) is None, "the sixth try is one too many, right or wrong"
    actions.send_code(token, language="zh-hans", at=cast.at)
    code = get_demo_phone_code(PHONE)
    assert actions.prove(token, code, at=cast.at + timedelta(minutes=11)) is None
    assert actions.prove(token, code, at=cast.at)
    assert actions.prove(token, code, at=cast.at) is None


def test_links_that_are_unknown_expired_or_revoked_read_alike(cast, application, client):
    row, token = link(cast, application)
    _other, later = link(cast, application, days=1, phone="13900139001")
    actions.revoke_link(cast.actor(cast.patient_account), application.case_id, row.id, at=cast.at)
    cast.later(days=2)
    pages = [client.get(f"/follow/{one}/") for one in (token, later, "never-was", "x" * 200)]
    assert {page.status_code for page in pages} == {404}
    assert (
        len({text[text.index("<h1>") : text.index("</section>")] for text in (p.content.decode() for p in pages)}) == 1
    )


def test_a_link_ends_with_its_makers_right_to_follow(cast, application, client):
    doctor, daughter = cast.actor(cast.applicant), make_account("周敏", kind="patient")
    patient = access_patient(doctor, cast.patient.id, to="guardians")
    add_guardian(patient, daughter.id, "child", actor=doctor, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    given = {"name": "外孙", "phone": "13900139000", "days": 7, "at": cast.at}
    hers, her_token = actions.make_link(cast.actor(daughter), application.case_id, **given)
    given["phone"] = "13900139001"
    own, own_token = actions.make_link(cast.actor(cast.patient_account), application.case_id, **given)
    assert client.get(f"/follow/{her_token}/").status_code == 200
    end_guardian(patient, daughter.id, actor=doctor, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    assert client.get(f"/follow/{her_token}/").status_code == 404
    assert client.get(f"/follow/{own_token}/").status_code == 200, "the patient's own stays"
    match_family(cast.patient.id, at=cast.later(minutes=1))
    ended = AuditEntry.objects.filter(action="consult.joint.unshared").values_list("subject_id", "patient_id")
    assert list(ended) == [(str(hers.id), cast.patient.id)]
    assert FamilyLink.objects.get(id=own.id).revoked_at is None


def test_a_phone_has_one_living_link_that_is_the_same_when_asked_for_again(cast, application):
    first, token = link(cast, application, days=1)
    cast.later(hours=5)
    again, same = link(cast, application, name="小女儿", phone="+86 13900139000", days=3)
    assert (again.id, same) == (first.id, token)
    kept = FamilyLink.objects.get()
    assert (kept.name, kept.expires_at) == ("小女儿", cast.at + timedelta(days=3))
    other_case, other_phone = link(cast, make.submitted(cast)), link(cast, application, phone="13900139001")
    assert len({token, other_case[1], other_phone[1]}) == 3
    cast.later(days=3)
    later, new = link(cast, application)
    assert (later.id == first.id, new == token) == (False, False), "one that has ended is not woken up"
    actions.revoke_link(cast.actor(cast.applicant), application.case_id, later.id, at=cast.at)
    assert link(cast, application)[0].id != later.id


def test_a_link_is_whose_who_asked_for_it_last(cast, application, client):
    doctor, daughter = cast.actor(cast.applicant), make_account("周敏", kind="patient")
    patient = access_patient(doctor, cast.patient.id, to="guardians")
    add_guardian(patient, daughter.id, "child", actor=doctor, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    given = {"name": "外孙", "phone": "13900139000", "days": 7, "at": cast.at}
    actions.make_link(cast.actor(daughter), application.case_id, **given)
    _same, token = actions.make_link(cast.actor(cast.patient_account), application.case_id, **given)
    end_guardian(patient, daughter.id, actor=doctor, at=cast.at)
    outbox.run_pending(cast.later(minutes=1))
    assert client.get(f"/follow/{token}/").status_code == 200, "the patient asked for it as well, and stays"


def test_the_database_refuses_a_second_living_link_of_a_phone(cast, application):
    made, _token = link(cast, application)
    second = {
        "application": application, "name": "女儿", "phone": PHONE, "phone_key": made.phone_key,
        "made_by": cast.applicant, "made_at": cast.at, "expires_at": cast.at + timedelta(days=1),
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="one_living_family_link"), transaction.atomic():
        FamilyLink.objects.create(digest=b"2", **second)
    FamilyLink.objects.create(digest=b"3", **{**second, "revoked_at": cast.at})


def test_links_of_before_get_their_key_and_of_two_to_one_phone_the_last_stays(cast, application):
    rows = [link(cast, application, phone=f"1390013900{number}")[0] for number in (0, 1, 2, 3)]
    for row, phone in zip(rows, (PHONE, PHONE, PHONE, "+8613900139003"), strict=True):
        row.phone, row.phone_key = phone, None
        row.made_at, row.expires_at = cast.later(minutes=1), cast.at + timedelta(days=7)
        row.save()
    FamilyLink.objects.filter(id=rows[2].id).update(revoked_at=cast.at)
    for _twice in range(2):
        ONE_OF_A_PHONE.fill(apps, None)
    living = FamilyLink.objects.filter(revoked_at=None)
    assert {one.id for one in living} == {rows[1].id, rows[3].id}
    assert all(one.phone_key for one in living)
    again, _token = link(cast, application)
    assert again.id == rows[1].id


def test_who_may_let_others_follow_and_how_many(cast, application):
    stranger = make.make_practitioner(name="路人").account
    with pytest.raises(NotVisible):
        actions.make_link(cast.actor(stranger), application.case_id, name="x", phone="13900139000", days=1, at=cast.at)
    reviewed = make.reviewing(cast)
    with pytest.raises(NotAllowed):
        actions.make_link(
            cast.actor(cast.experts[1]), reviewed.case_id, name="x", phone="13900139000", days=1, at=cast.at
        )
    for number in range(5):
        link(cast, application, phone=f"1390013900{number}")
    with pytest.raises(Refused):
        link(cast, application, phone="13900139005")
    link(cast, application)
    assert FamilyLink.objects.count() == 5
    assert PHONE not in str(FamilyLink.objects.values_list("phone", flat=True)[0])


def test_codes_are_not_sent_without_end(cast, application, client, monkeypatch):
    monkeypatch.setattr(follow, "CODES", Limit("family code", account=2, address=20, seconds=600))
    _row, token = link(cast, application)
    assert [client.post(f"/follow/{token}/", {}).status_code for _time in range(3)] == [200, 200, 429]


def test_the_page_makes_shows_once_and_takes_back(cast, application, client):
    client.force_login(cast.patient_account)
    here = f"/consult/joint/{application.case_id}/family/"
    made = client.post(here, {"name": "女儿", "phone": "13900139000", "days": "3"})
    assert "/follow/" in made.content.decode()
    assert "/follow/" not in client.get(here).content.decode()
    assert client.post(here, {"name": "女儿", "phone": "12", "days": "3"}).status_code == 422
    client.post(here, {"revoke": str(FamilyLink.objects.get().id)})
    assert FamilyLink.objects.get().revoked_at
