from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "huizhen.config"
    label = "config"

    def ready(self) -> None:
        """Join the parts; not earlier, because wiring imports modules with tables."""
        import_module("huizhen.config.wiring").wire()
