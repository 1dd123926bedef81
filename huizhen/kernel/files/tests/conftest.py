"""A storage of its own for each test, and somebody who uploads."""

import pytest
from django.contrib.auth import get_user_model

from huizhen.kernel.access import Actor


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.FILES_URL = "file:"
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


def an_actor(name: str) -> Actor:
    return Actor(get_user_model().objects.create(username=name, name=name).id, name)


@pytest.fixture
def doctor(db):
    return an_actor("doctor")


@pytest.fixture
def other(db):
    return an_actor("other")
