"""Every address of the web process."""

from django.urls import include, path

from huizhen.config import probes

urlpatterns: list = [
    *probes.urlpatterns,
    path("", include("huizhen.api.urls")),
    path("", include("huizhen.console.urls")),
    path("", include("huizhen.console.accounts.urls")),
    path("admin/", include("huizhen.console.admin.urls")),
]

handler400 = "huizhen.console.errors.bad_request"
handler403 = "huizhen.console.errors.forbidden"
handler404 = "huizhen.console.errors.not_found"
handler500 = "huizhen.console.errors.broken"
