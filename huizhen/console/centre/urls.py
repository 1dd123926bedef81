"""Addresses of the centre."""

from django.urls import path

from huizhen.console.centre import board, calendars, duty, experts, masters, statistics

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
    path("masters/<slug:kind>/", masters.edit, name="centre-master-new"),
    path("masters/<slug:kind>/<uuid:row_id>/", masters.edit, name="centre-master"),
    path("statistics/", statistics.page, name="centre-statistics"),
    path("statistics/figures.xlsx", statistics.export, name="centre-figures"),
]
