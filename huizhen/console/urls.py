"""Addresses of the console."""

from django.conf import settings
from django.urls import include, path

from huizhen.console import follow, inbox, language, verify, work
from huizhen.console.consult.joint import case
from huizhen.console.styleguide import pages as styleguide

urlpatterns = [
    path("", work.page, name="worklist"),
    path("cases/<uuid:case_id>", case.find, name="case"),
    path("cases/<uuid:case_id>/", case.find),
    path("consult/", include("huizhen.console.consult.urls")),
    path("records/", include("huizhen.console.records.urls")),
    path("centre/", include("huizhen.console.centre.urls")),
    path("lab/instruments/", include("huizhen.console.lab.instruments.urls")),
    path("lab/", include("huizhen.console.lab.urls")),
    path("me/", include("huizhen.console.me.urls")),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox-read"),
    path("inbox/bell/", inbox.bell, name="inbox-bell"),
    path("inbox/<uuid:entry_id>/", inbox.open_entry, name="inbox-open"),
    path("follow/<str:token>/", follow.page, name="follow"),
    path("verify/", verify.ask, name="verify"),
    path("verify/<str:code>/", verify.report, name="verify-report"),
    path("language/", language.choose, name="set_language"),
]

if settings.DEMO or settings.DEBUG:
    urlpatterns += [
        path("styleguide/", styleguide.components, name="styleguide"),
        path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
        path("styleguide/frames/<int:n>.png", styleguide.frame, name="styleguide-frame"),
        path("styleguide/<slug:name>/", styleguide.page, name="styleguide-page"),
    ]
