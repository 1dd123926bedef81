import os

from django.apps import AppConfig

from huizhen.config import wiring


class ConfigConfig(AppConfig):
    name = "huizhen.config"
    label = "config"

    def ready(self) -> None:
        wiring.connect(does_jobs=os.environ.get("HUIZHEN_PROCESS") != "intake")
