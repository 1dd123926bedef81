from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "huizhen.records"
    label = "records"
    verbose_name = _("Picture archives and scanners")
