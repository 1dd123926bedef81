from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "huizhen.people"
    label = "people"
