"""The JSON API as a Django app. Its one table is bookkeeping of its own; features' tables it never touches."""

from importlib import import_module

from django.apps import AppConfig

TABLES = ("huizhen.api.idempotency.table",)


class ApiConfig(AppConfig):
    name = "huizhen.api"
    label = "api"

    def import_models(self) -> None:
        """Beside the usual place: faces may import nothing called `models`, their own tables included."""
        super().import_models()
        for name in TABLES:
            import_module(name)
