"""Finding experts: by specialty and what lies below it, by words, by hospital; highest title first."""

from datetime import date

import pytest

from huizhen.kernel import clock
from huizhen.kernel.access import SYSTEM, NotAllowed, NotVisible
from huizhen.kernel.ids import new_id
from huizhen.people.accounts.queries import get_actor
from huizhen.people.credentials import access, actions, queries
from huizhen.people.credentials.cards import Card
from huizhen.people.credentials.models import Practitioner, Specialty
from huizhen.people.tests.builders import make_account, make_member, make_organisation, make_practitioner

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
CHEST, LUNG = "胸外科专业", "呼吸内科专业"


def names(**search):
    return [expert.name for expert in queries.list_experts(on=TODAY, **search).rows]


def test_the_national_catalogue_is_there_and_loading_it_again_adds_nothing():
    assert Specialty.objects.get(code="04.05").parent.name == "外科"
    assert Specialty.objects.count() > 130
    assert actions.load_specialties() == 0


def test_the_highest_title_comes_first():
    for title, name in (("attending", "丙"), ("chief", "甲"), ("associate_chief", "乙")):
        make_practitioner(name=name, title=title)
    assert names() == ["甲", "乙", "丙"]


def test_a_department_includes_its_specialties():
    make_practitioner(name="胸外", specialties=(CHEST,))
    make_practitioner(name="呼吸", specialties=(LUNG,))
    assert names(specialty="04") == ["胸外"]
    assert names(specialty="03.01") == ["呼吸"]


def test_every_word_must_be_found_somewhere():
    hospital = make_organisation("附属医院")
    ward = make_organisation("胸科", kind="department", parent=hospital)
    make_practitioner(ward, name="沈毅", subspecialty="纵隔肿瘤", specialties=(CHEST,))
    make_practitioner(name="秦越", subspecialty="纵隔肿瘤")
    assert names(text="附属 纵隔") == ["沈毅"]
    assert names(text="沈") == ["沈毅"]
    assert names(organisation_id=hospital.pk) == ["沈毅"]
    assert names(text="附属 心脏") == []


def test_who_cannot_be_invited_is_not_listed():
    make_practitioner(name="歇着", accepting=False)
    make_practitioner(name="过期", licence_valid_until=date(2026, 11, 21))
    make_practitioner(name="未到", licence_valid_from=date(2026, 11, 23))
    make_practitioner(name="申请", role="applicant")
    closed = make_practitioner(name="停用")
    closed.account.is_active = False
    closed.account.save()
    present = make_practitioner(name="在岗", licence_valid_until=TODAY)
    assert names() == ["在岗"]
    assert names(leave_out=[present.account_id]) == []
    assert names(accepting=None) == ["在岗", "歇着"]


def test_pages_cover_everybody_once():
    hospital = make_organisation()
    for number in range(queries.PAGE + 3):
        make_practitioner(hospital, name=f"医生{number:02d}", specialties=(LUNG, CHEST))
    first, second = (queries.list_experts(on=TODAY, page=page) for page in (1, 2))
    assert (first.total, first.next_page, second.next_page) == (queries.PAGE + 3, 2, None)
    assert len({expert.id for expert in (*first.rows, *second.rows)}) == queries.PAGE + 3


def test_a_search_takes_the_same_queries_for_one_and_for_many(django_assert_max_num_queries):
    for _number in range(5):
        make_practitioner()
    queries.list_experts(on=TODAY)
    with django_assert_max_num_queries(4):
        queries.list_experts(on=TODAY)


def test_only_the_administrator_registers_doctors():
    admin, place = make_member("system_admin"), make_account()
    doctor = actions.register_practitioner(
        place.pk,
        admin.organisation_id,
        title="chief",
        specialties=("03.01",),
        licence_number="110420100012345",
        actor=get_actor(admin.account),
        at=clock.now(),
    )
    assert Practitioner.objects.get(pk=doctor.pk).licence_number == "110420100012345"
    stranger = get_actor(make_member("coordinator", admin.organisation).account)
    with pytest.raises(NotAllowed):
        actions.set_accepting(doctor.pk, accepting=False, weekly_limit=1, actor=stranger, at=clock.now())
    nobody = get_actor(make_account())
    with pytest.raises(NotVisible):
        access.access_practitioner(nobody, doctor.pk, to=access.FIND)


def test_a_doctor_closes_their_own_door_but_does_not_choose_their_specialties():
    doctor = make_practitioner()
    own = get_actor(doctor.account)
    actions.set_accepting(doctor.pk, accepting=False, weekly_limit=3, actor=own, at=clock.now())
    assert names() == []
    with pytest.raises(NotAllowed):
        actions.set_specialties(doctor.pk, ["04"], actor=own, at=clock.now())


def test_unknown_specialties_are_named():
    doctor = make_practitioner()
    with pytest.raises(actions.UnknownSpecialty, match=r"99\.99"):
        actions.set_specialties(doctor.pk, ["04", "99.99"], actor=SYSTEM, at=clock.now())


@pytest.mark.parametrize(
    ("department", "hospital", "line"),
    [
        ("呼吸内科", "人民医院", "主任医师 · 人民医院 · 呼吸内科"),
        ("", "人民医院", "主任医师 · 人民医院"),
        ("", "", "主任医师"),
    ],
)
def test_what_is_not_known_of_a_doctor_leaves_no_mark_behind(department, hospital, line):
    assert Card(new_id(), "王静", "主任医师", department, hospital, "").line == line


def test_the_chosen_take_the_same_queries_for_one_and_for_many(django_assert_max_num_queries):
    hospital = make_organisation()
    doctors = [make_practitioner(hospital, name=f"专家{number}") for number in range(4)]
    make_practitioner(hospital, name="只是医生", role="applicant")
    on = clock.now().date()
    for count in (1, 4):
        with django_assert_max_num_queries(4):
            found = queries.list_experts_of([one.account_id for one in doctors[:count]], on=on)
        assert {one.account_id for one in found} == {one.account_id for one in doctors[:count]}
    applicant = Practitioner.objects.get(account__name="只是医生")
    assert queries.list_experts_of([applicant.account_id], on=on) == []
