"""Addresses of consultations. An act's address is its name."""

from django.urls import path

from huizhen.console.consult.joint import acts, case, compare, new, opinion, panel, questions, report, supply, talk

CASE = "joint/<uuid:case_id>/"

urlpatterns = [
    path("joint/new/", new.start, name="joint-new"),
    path("joint/new/<uuid:draft_id>/discard/", new.discard, name="joint-discard"),
    path("joint/new/<uuid:draft_id>/<slug:name>/", new.any_step, name="joint-step"),
    path(CASE, case.page, name="joint-case"),
    path(f"{CASE}messages/", talk.post, name="joint-say"),
    path(f"{CASE}messages/<uuid:message_id>/retract/", talk.retract, name="joint-retract"),
    path(f"{CASE}questions/<uuid:question_id>/reply/", questions.reply, name="joint-reply"),
    path(f"{CASE}supply-material/", supply.supply, name="joint-supply"),
    path(f"{CASE}invite/", panel.invite, name="joint-invite"),
    path(f"{CASE}invitations/<uuid:invitation_id>/withdraw/", panel.withdraw, name="joint-invitation-withdraw"),
    path(f"{CASE}accept/", panel.accept, name="joint-accept"),
    path(f"{CASE}decline/", panel.decline, name="joint-decline"),
    path(f"{CASE}opinion/", opinion.write, name="joint-opinion"),
    path(f"{CASE}opinion/keep/", opinion.keep, name="joint-opinion-keep"),
    path(f"{CASE}compare/", compare.page, name="joint-compare"),
    path(f"{CASE}report/", report.write, name="joint-report"),
    path(f"{CASE}report/keep/", report.keep, name="joint-report-keep"),
    path(f"{CASE}report/preview.pdf/", report.preview, name="joint-report-preview"),
    path(f"{CASE}report/<int:version>.pdf", report.download, name="joint-report-file"),
    *(path(f"{CASE}{name}/", acts.fill, {"name": name}, name=f"joint-{name}") for name in acts.FORMS),
    *(path(f"{CASE}{name}/", acts.press, {"name": name}, name=f"joint-{name}") for name in acts.BUTTONS),
]
