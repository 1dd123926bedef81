from django.apps import AppConfig

from huizhen.config import wiring


class ConfigConfig(AppConfig):
    name = "huizhen.config"
    label = "config"

    def ready(self) -> None:
        wiring.connect()
