"""Addresses of the health record."""

from django.urls import path

from huizhen.console.records import (
    archives,
    arrivals,
    documents,
    imaging,
    patients,
    people,
    reading,
    timeline,
    transcripts,
)

urlpatterns = [
    path("patients/", patients.find, name="patients"),
    path("patients/new/", patients.register, name="patient-new"),
    path("patients/<uuid:patient_id>/", patients.patient, name="patient"),
    path("patients/<uuid:patient_id>/show/", patients.show, name="patient-show"),
    path("patients/<uuid:patient_id>/correct/", patients.correct, name="patient-correct"),
    path("patients/<uuid:patient_id>/guardians/new/", people.add_guardian, name="guardian-new"),
    path("patients/<uuid:patient_id>/guardians/<uuid:account_id>/end/", people.end_guardian, name="guardian-end"),
    path("patients/<uuid:patient_id>/documents/new/", documents.add, name="document-new"),
    path("patients/<uuid:patient_id>/archive/", archives.archive, name="archive"),
    path("patients/<uuid:patient_id>/imaging/new/", imaging.bring, name="imaging-new"),
    path("consents/<uuid:consent_id>/withdraw/", people.withdraw, name="patient-consent-withdraw"),
    path("documents/<uuid:document_id>/", documents.document, name="document"),
    path("documents/<uuid:document_id>/file/", documents.file, name="document-file"),
    path("documents/<uuid:document_id>/remove/", documents.remove, name="document-remove"),
    path("documents/<uuid:document_id>/transcript/", transcripts.transcript, name="transcript"),
    path("documents/<uuid:document_id>/transcript/again/", transcripts.again, name="transcript-again"),
    path("patients/<uuid:patient_id>/timeline/", timeline.timeline, name="patient-timeline"),
    path("patients/<uuid:patient_id>/search/", transcripts.search, name="patient-search"),
    path("arrivals/", arrivals.arrivals, name="arrivals"),
    path("arrivals/<uuid:arrival_id>/", arrivals.arrival, name="arrival"),
    path("arrivals/<uuid:arrival_id>/image.png", arrivals.sample, name="arrival-image"),
    path("imaging/imports/<uuid:import_id>/", imaging.progress, name="import"),
    path("imaging/imports/<uuid:import_id>/files/", imaging.add, name="import-add"),
    path("imaging/<uuid:series_id>/", imaging.series, name="series"),
    path("imaging/<uuid:series_id>/stack.json", reading.stack, name="stack"),
    path("imaging/raw/<uuid:instance_id>/<int:index>", reading.raw, name="raw"),
    path("imaging/marks/<uuid:case_id>/", reading.mark, name="mark"),
    path("imaging/marks/<uuid:mark_id>/remove/", reading.unmark, name="unmark"),
    path("imaging/marks/<uuid:mark_id>/image.png", reading.marked, name="marked"),
    path("imaging/studies/<uuid:study_id>/anonymous.zip", reading.copy, name="study-copy"),
    path("imaging/<uuid:series_id>/frames/<int:n>.png", imaging.frame, name="frame"),
]
