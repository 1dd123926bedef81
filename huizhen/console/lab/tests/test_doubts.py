"""Exceptions and versions as laboratory staff meet them: who opens them, what is kept of what was typed, what counts."""

import pytest

from huizhen.console.lab.tests.test_pages import enter, fresh_cache, lab
from huizhen.lab.exceptions import actions as exceptions
from huizhen.lab.exceptions.models import Trouble
from huizhen.lab.tests.builders import AT, failed, reading
from huizhen.people.accounts.queries import get_actor
from huizhen.people.organisations.models import Organisation
from huizhen.people.tests.builders import make_member, make_organisation

__all__ = ["fresh_cache", "lab"]
pytestmark = pytest.mark.django_db


def test_laboratory_staff_of_the_region_open_what_their_list_shows(lab):
    region = make_organisation("江城市")
    Organisation.objects.filter(id__in=[lab.home.id, lab.laboratory.id]).update(parent=region)
    lab.take(failed(lab.collect()), at=AT)
    exceptions.look(at=AT)
    client = enter(get_actor(make_member("laboratory", region).account))
    page = f"/lab/exceptions/{Trouble.objects.get().case_id}/"
    assert page in client.get("/lab/exceptions/").content.decode()
    assert client.get(page).status_code == 200
    client.post(f"{page}dismiss/", {"reason": "the nurse knows"})
    assert Trouble.objects.get().case.state == "dismissed"


def test_a_version_that_another_replaced_says_so(lab):
    tube = lab.collect(panel="CBC")
    [row] = lab.take(reading(tube, "140", "HGB"), at=AT)
    client, page = enter(lab.bench), f"/lab/tubes/{tube.barcode}/"
    assert b"Replaced" not in client.get(page).content
    client.post(f"/lab/results/{row.id}/withdraw/", {"reason": "tubes swapped"})
    assert client.get(page).content.count(b"Replaced") == 1


def test_who_closes_an_exception_too_late_keeps_what_was_written(lab):
    lab.take(failed(lab.collect()), at=AT)
    exceptions.look(at=AT)
    case = Trouble.objects.get().case
    client, page = enter(lab.bench), f"/lab/exceptions/{case.id}/"
    blank = client.post(f"{page}solve/", {"reason": " "})
    assert (blank.status_code, Trouble.objects.get().closed_at) == (422, None)
    client.post(f"{page}solve/", {"reason": "run again"})
    late = client.post(f"{page}dismiss/", {"reason": "the nurse knows"})
    assert (late.status_code, "the nurse knows" in late.content.decode()) == (422, True)
