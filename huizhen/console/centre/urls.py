"""Addresses of the centre."""

from django.urls import path

from huizhen.console.centre import board, calendars, duty, experts, masters, opinions, organisations, people, statistics

urlpatterns = [
    path("board/", board.page, name="centre-board"),
    path("duty/", duty.page, name="centre-duty"),
    path("duty/shifts/<uuid:shift_id>/cancel/", duty.cancel, name="centre-shift-cancel"),
    path("duty/rings/<uuid:ring_id>/take/", duty.take, name="centre-ring-take"),
    path("duty/rings/<uuid:ring_id>/pass/", duty.pass_on, name="centre-ring-pass"),
    path("experts/", experts.page, name="centre-experts"),
    path("calendars/<uuid:account_id>/", calendars.page, name="centre-calendar"),
    path("calendars/absences/<uuid:absence_id>/cancel/", calendars.cancel, name="centre-absence-cancel"),
    path("masters/", masters.index, name="centre-masters"),
    path("masters/opinion-preview/", opinions.preview, name="centre-opinion-preview"),
    path("masters/opinions/", opinions.edit, name="centre-opinion-new"),
    path("masters/opinions/<slug:template_code>/", opinions.edit, name="centre-opinion"),
    path(
        "masters/opinions/<slug:template_code>/versions/<int:version>/", opinions.version, name="centre-opinion-version"
    ),
    path("masters/<slug:kind>/", masters.edit, name="centre-master-new"),
    path("masters/<slug:kind>/<str:row_id>/", masters.edit, name="centre-master"),
    path("organisations/", organisations.index, name="centre-organisations"),
    path("organisations/new/", organisations.new, name="centre-organisation-new"),
    path("organisations/<uuid:organisation_id>/", organisations.page, name="centre-organisation"),
    path("people/", people.index, name="centre-people"),
    path("people/new/", people.new, name="centre-person-new"),
    path("people/<uuid:account_id>/", people.page, name="centre-person"),
    path("people/<uuid:account_id>/invite/", people.invite, name="centre-person-invite"),
    path("people/<uuid:account_id>/close/", people.close, name="centre-person-close"),
    path("people/<uuid:account_id>/reopen/", people.reopen, name="centre-person-reopen"),
    path("people/roles/<uuid:membership_id>/end/", people.end_role, name="centre-role-end"),
    path("statistics/", statistics.page, name="centre-statistics"),
    path("statistics/figures.xlsx", statistics.export, name="centre-figures"),
]
