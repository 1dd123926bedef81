from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "huizhen.kernel"
    label = "kernel"
