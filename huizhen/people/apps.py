from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "huizhen.people"
    label = "people"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        post_migrate.connect(fill_catalogue, sender=self, dispatch_uid="people.specialties")


def fill_catalogue(using: str, **_signal: Any) -> None:
    """After every migration, also after a test has emptied the tables: the catalogue of specialties is complete."""
    if "people_specialty" in connections[using].introspection.table_names():
        import_module("huizhen.people.credentials.actions").load_specialties()
