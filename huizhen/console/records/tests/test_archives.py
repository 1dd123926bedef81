"""The page of a hospital's picture archive, where the archive is not well."""

import pytest
from django.urls import reverse

from huizhen.console.records.tests.desk import staff, text
from huizhen.people.tests.builders import make_organisation
from huizhen.records.pacs import ports
from huizhen.records.pacs.models import Pacs
from huizhen.records.pacs.tests.hanging import LIST, hanging
from huizhen.records.tests.builders import make_patient

pytestmark = pytest.mark.django_db


def test_without_an_archive_the_page_says_what_to_do():
    house = make_organisation()
    there = reverse("archive", args=[make_patient(house).id])
    assert "No archive is connected" in text(staff("applicant", house).get(there))


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "does not answer. Please search again in a few minutes."), ("zh-hans", "没有响应，请几分钟后再查询。")],
)
def test_an_archive_that_hangs_does_not_hold_the_page(monkeypatch, language, said):
    monkeypatch.setattr(ports, "QUICK_SECONDS", 0.3)
    house = make_organisation()
    patient, desk = make_patient(house), staff("applicant", house)
    with hanging(trickles=LIST) as address:
        Pacs.objects.create(organisation=house, name="本院 PACS", address=address)
        desk.cookies["django_language"] = language
        answer = desk.get(reverse("archive", args=[patient.id]), {"number": "T-1"})
    assert answer.status_code == 200
    assert said in text(answer)
