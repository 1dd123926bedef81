from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "huizhen.records"
    label = "records"
