"""Addresses of instruments."""

from django.urls import path

from huizhen.console.lab.instruments import message, profile, strangers, wall

urlpatterns = [
    path("", wall.wall, name="instruments"),
    path("new/", wall.register, name="instrument-new"),
    path("strangers/", strangers.strangers, name="instrument-strangers"),
    path("raw/<uuid:raw_message_id>/", message.show, name="instrument-message"),
    path("<uuid:instrument_id>/", wall.instrument, name="instrument"),
    path("<uuid:instrument_id>/change/", wall.change, name="instrument-change"),
    path("<uuid:instrument_id>/profile/", profile.edit, name="instrument-profile"),
    path("<uuid:instrument_id>/read-again/", profile.read_again, name="instrument-read-again"),
]
