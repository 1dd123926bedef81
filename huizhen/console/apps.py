from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "huizhen.console"
    label = "console"
