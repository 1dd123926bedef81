"""Addresses of the console."""

from django.conf import settings
from django.urls import path
from django.views.i18n import set_language

from huizhen.console.styleguide import pages as styleguide

urlpatterns = [path("language/", set_language, name="set_language")]

if settings.DEMO or settings.DEBUG:
    urlpatterns += [
        path("styleguide/", styleguide.components, name="styleguide"),
        path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
        path("styleguide/frames/<int:n>.png", styleguide.frame, name="styleguide-frame"),
        path("styleguide/<slug:name>/", styleguide.page, name="styleguide-page"),
    ]
