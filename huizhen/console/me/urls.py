"""Addresses of somebody's own area."""

from django.urls import path

from huizhen.console.me import consents, home, preferences, readers, reports, results

urlpatterns = [
    path("", home.home, name="me"),
    path("access/", readers.readers, name="me-access"),
    path("consents/", consents.consents, name="me-consents"),
    path("consents/<uuid:consent_id>/withdraw/", consents.withdraw, name="me-consent-withdraw"),
    path("consents/<uuid:consent_id>/give/", consents.give_again, name="me-consent-give"),
    path("results/", results.results, name="me-results"),
    path("results/<uuid:patient_id>/token/", results.token, name="me-results-token"),
    path("results/<uuid:patient_id>/reports/<uuid:tube_id>/", reports.ask, name="me-report-ask"),
    path("reports/<uuid:own_report_id>.pdf", reports.fetch, name="me-report"),
    path("notifications/", preferences.notifications, name="me-notifications"),
]
