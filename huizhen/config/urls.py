"""Every address of the web process."""

from django.urls import include, path

urlpatterns: list = [
    path("", include("huizhen.console.accounts.urls")),
    path("admin/", include("huizhen.console.admin.urls")),
]
