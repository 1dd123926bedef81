from django.apps import AppConfig


class LabConfig(AppConfig):
    name = "huizhen.lab"
    label = "lab"
