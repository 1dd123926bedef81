"""Every address of the web process."""

from django.urls import include, path

from huizhen.config import probes

urlpatterns: list = [
    *probes.urlpatterns,
    path("", include("huizhen.console.accounts.urls")),
    path("admin/", include("huizhen.console.admin.urls")),
]
