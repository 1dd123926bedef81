import os

from django.apps import AppConfig

from huizhen.config import wiring

# What these processes do without, to stay small: intake emits no events and runs no jobs, the simulators are the
# outside world and know nothing of the house.
WITHOUT_JOBS, OUTSIDE = {"intake"}, {"simulators"}


class ConfigConfig(AppConfig):
    name = "huizhen.config"
    label = "config"

    def ready(self) -> None:
        process = os.environ.get("HUIZHEN_PROCESS")
        if process not in OUTSIDE:
            wiring.connect(does_jobs=process not in WITHOUT_JOBS)
