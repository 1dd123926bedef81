from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "huizhen.config"
    label = "config"
