"""Addresses of the laboratory."""

from django.urls import path

from huizhen.console.lab import (
    bench,
    by_hand,
    collect,
    exceptions,
    hand_template,
    lists,
    mixing,
    paper,
    receipt,
    reporting,
    site,
    tube,
)

urlpatterns = [
    path("collect/", collect.page, name="lab-collect"),
    path("collect/worker.js", collect.worker, name="lab-collect-worker"),
    path("lists/", lists.lists, name="lab-lists"),
    path("lists/<uuid:list_id>/", lists.one_list, name="lab-list"),
    path("labels/", site.print_labels, name="lab-labels"),
    path("boxes/", site.boxes, name="lab-boxes"),
    path("boxes/<slug:box_code>/hand-over/", site.hand_over, name="lab-box-hand-over"),
    path("retests/", site.retests, name="lab-retests"),
    path("bench/", bench.page, name="lab-bench"),
    path("receipt/", receipt.page, name="lab-receipt"),
    path("mixing/", mixing.page, name="lab-mixing"),
    path("tubes/", tube.find, name="lab-tube-find"),
    path("tubes/<slug:barcode>/", tube.page, name="lab-tube"),
    path("tubes/<slug:barcode>/void/", tube.void, name="lab-tube-void"),
    path("tubes/<slug:barcode>/report/<uuid:patient_id>.pdf", paper.report, name="lab-report"),
    path("results/<uuid:observation_id>/release/", tube.release, name="lab-release"),
    path("results/<uuid:observation_id>/reject/", tube.reject, name="lab-reject"),
    path("results/<uuid:observation_id>/correct/", tube.correct, name="lab-correct"),
    path("results/<uuid:observation_id>/withdraw/", tube.withdraw, name="lab-withdraw"),
    path("exceptions/", exceptions.listed, name="lab-exceptions"),
    path("exceptions/<uuid:case_id>/", exceptions.page, name="lab-exception"),
    path("exceptions/<uuid:case_id>/propose/", exceptions.propose, name="lab-exception-propose"),
    path("exceptions/<uuid:case_id>/undo/", exceptions.undo, name="lab-exception-undo"),
    path("exceptions/<uuid:case_id>/ask/", exceptions.ask, name="lab-exception-ask"),
    path("exceptions/<uuid:case_id>/confirm/", exceptions.confirm, name="lab-exception-confirm"),
    *(
        path(f"exceptions/<uuid:case_id>/{name}/", exceptions.move, {"name": name}, name=f"lab-exception-{name}")
        for name in exceptions.MOVES
    ),
    path("reporting/", reporting.page, name="lab-reporting"),
    path("reporting/refused/<uuid:delivery_id>/again/", reporting.again, name="lab-reporting-again"),
    path("reporting/<uuid:upstream_id>/try/", reporting.try_now, name="lab-reporting-try"),
    path("reporting/<uuid:upstream_id>/earlier/", reporting.earlier, name="lab-reporting-earlier"),
    path("reporting/<uuid:upstream_id>/by-hand/", by_hand.page, name="lab-by-hand"),
    path("reporting/<uuid:upstream_id>/by-hand/template/", hand_template.page, name="lab-by-hand-template"),
    path("reporting/batches/<uuid:batch_id>/", by_hand.batch, name="lab-batch"),
    path("reporting/batches/<uuid:batch_id>/file/", by_hand.download, name="lab-batch-file"),
    path("reporting/batches/<uuid:batch_id>/hand-in/", by_hand.hand_in, name="lab-batch-hand-in"),
    path("reporting/batches/<uuid:batch_id>/answer/", by_hand.answer, name="lab-batch-answer"),
    path("reporting/batches/<uuid:batch_id>/unknown/", by_hand.unknown, name="lab-batch-unknown"),
    path("reporting/batches/<uuid:batch_id>/give-back/", by_hand.give_back, name="lab-batch-give-back"),
    path("verify/<slug:code>/", paper.verify, name="lab-verify"),
]
