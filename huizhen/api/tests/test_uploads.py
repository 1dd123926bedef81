"""The coat around tus: addresses, who asks, and the body as Django gives it."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from huizhen.api import uploads
from huizhen.kernel.access import Actor

PDF = b"%PDF-1.7\n" + b"x" * 3_000_000
people: dict[str, Actor] = {}
urlpatterns = uploads.urls(lambda request: people.get(request.headers.get("Person", "")))
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def doctor(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    people["doctor"] = Actor(get_user_model().objects.create(username="doctor", name="doctor").id)
    return Client(headers={"Person": "doctor", "Tus-Resumable": "1.0.0"})


def test_the_whole_way(doctor):
    created = doctor.post("/uploads", headers={"Upload-Length": str(len(PDF))})
    assert created.status_code == 201
    sent = doctor.patch(
        created["Location"],
        PDF,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": "0"},
    )
    assert (sent.status_code, sent["Upload-Offset"], sent.content) == (204, str(len(PDF)), b"")
    asked = doctor.head(created["Location"])
    assert (asked.status_code, asked["Upload-Length"]) == (200, str(len(PDF)))


def test_a_refusal_carries_its_code(doctor):
    answer = doctor.post("/uploads", headers={"Upload-Length": "2000000000"})
    assert (answer.status_code, answer["Huizhen-Code"], answer.json()["code"]) == (413, "too_large", "too_large")


def test_nobody_is_told_to_log_in():
    assert Client().post("/uploads").status_code == 401
