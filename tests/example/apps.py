from django.apps import AppConfig


class ExampleConfig(AppConfig):
    """The example feature; only the tests install it."""

    name = "tests.example"
    label = "example"
    default_auto_field = "django.db.models.BigAutoField"
