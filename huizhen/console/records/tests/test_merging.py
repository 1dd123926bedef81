"""Possible duplicates at the desk: the list, the comparison, joined and taken apart."""

import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import staff, text
from huizhen.kernel import clock
from huizhen.people.tests.builders import make_organisation
from huizhen.records.merging.actions import look_for
from huizhen.records.merging.models import Likeness, Merge
from huizhen.records.tests.builders import make_patient

pytestmark = pytest.mark.django_db


def test_a_pair_is_compared_joined_and_taken_apart():
    hospital = make_organisation()
    one, other = (make_patient(hospital, name="李秀英", phone="+8613800138000") for _ in range(2))
    look_for([one.id], at=clock.now())
    pair = Likeness.objects.get()
    desk, page = staff("department_head", hospital), reverse("duplicate", args=[pair.id])
    assert page in text(desk.get(reverse("duplicates")))
    assert "The same name, phone and birth date" in text(desk.get(page))
    assert desk.post(page, {"survivor": one.id}).status_code == 400, "how one knows is part of it"
    assert desk.post(page, {"survivor": one.id, "note": "电话核实"}).url == reverse("patient", args=[one.id])
    way_back = reverse("merge", args=[Merge.objects.get().id])
    assert way_back in text(desk.get(reverse("patient", args=[other.id])))
    assert "电话核实" in text(desk.get(way_back))
    assert desk.post(way_back, {"reason": " "}).status_code == 400
    assert desk.post(way_back, {"reason": "两个人"}).status_code == 302
    assert "Taken apart by" in text(desk.get(way_back))
    assert way_back not in text(desk.get(reverse("patient", args=[one.id])))


def test_two_people_are_kept_apart_and_not_shown_again():
    hospital = make_organisation()
    pair = [make_patient(hospital, name="李秀英", phone="+8613800138000") for _ in range(2)]
    look_for([pair[0].id], at=clock.now())
    desk, found = staff("department_head", hospital), Likeness.objects.get()
    assert desk.post(reverse("duplicate", args=[found.id]), {"different": "yes"}).url == reverse("duplicates")
    assert "No duplicates to look at" in text(desk.get(reverse("duplicates")))
    assert "Two people" in text(desk.get(reverse("duplicate", args=[found.id])))
    assert staff("applicant", hospital).get(reverse("duplicate", args=[found.id])).status_code == 403
    assert staff("department_head").get(reverse("duplicate", args=[found.id])).status_code == 404
