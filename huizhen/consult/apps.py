from django.apps import AppConfig


class ConsultConfig(AppConfig):
    name = "huizhen.consult"
    label = "consult"
