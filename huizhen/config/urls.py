"""Every address of the web process."""

from django.urls import include, path

urlpatterns: list = [path("", include("huizhen.console.urls"))]

handler400 = "huizhen.console.errors.bad_request"
handler403 = "huizhen.console.errors.forbidden"
handler404 = "huizhen.console.errors.not_found"
handler500 = "huizhen.console.errors.broken"
