"""Addresses of consultations. An act's address is its name."""

from django.urls import path

from huizhen.console.consult.joint import (
    acts,
    aftercare,
    case,
    compare,
    family,
    meeting,
    new,
    opinion,
    panel,
    questions,
    report,
    supply,
    talk,
)
from huizhen.console.consult.referrals import acts as referral_acts
from huizhen.console.consult.referrals import letter, lists
from huizhen.console.consult.referrals import page as referral

CASE = "joint/<uuid:case_id>/"
REFERRAL = "referrals/<uuid:referral_id>/"

urlpatterns = [
    path("outcomes/", aftercare.outcomes, name="outcomes"),
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
    path(f"{CASE}rate/", aftercare.rate, name="joint-rate"),
    path(f"{CASE}follow-up-day/", aftercare.day, name="joint-follow-up-day"),
    path(f"{CASE}outcome/", aftercare.outcome, name="joint-outcome"),
    path(f"{CASE}correct-closed/", aftercare.correct_closed, name="joint-correct-closed"),
    path(f"{CASE}meeting/", meeting.page, name="joint-meeting"),
    path(f"{CASE}meeting.ics", meeting.calendar, name="joint-meeting-ics"),
    path(f"{CASE}family/", family.page, name="joint-family"),
    path(f"{CASE}compare/", compare.page, name="joint-compare"),
    path(f"{CASE}report/", report.write, name="joint-report"),
    path(f"{CASE}report/keep/", report.keep, name="joint-report-keep"),
    path(f"{CASE}report/preview.pdf/", report.preview, name="joint-report-preview"),
    path(f"{CASE}report/<int:version>.pdf", report.download, name="joint-report-file"),
    *(path(f"{CASE}{name}/", acts.fill, {"name": name}, name=f"joint-{name}") for name in acts.FORMS),
    *(path(f"{CASE}{name}/", acts.press, {"name": name}, name=f"joint-{name}") for name in acts.BUTTONS),
    path("referrals/", lists.page, name="referrals"),
    path("referrals/from/<uuid:case_id>/", lists.begin, name="referral-begin"),
    path(REFERRAL, referral.page, name="referral"),
    path(f"{REFERRAL}letter/", letter.write, name="referral-letter"),
    path(f"{REFERRAL}letter/preview.pdf/", letter.preview, name="referral-preview"),
    path(f"{REFERRAL}letter.pdf", referral.download, name="referral-file"),
    path(f"{REFERRAL}consent/", referral_acts.consent, name="referral-consent"),
    *(path(f"{REFERRAL}{name}/", referral_acts.fill, {"name": name}, name=f"referral-{name}")
      for name in referral_acts.FORMS),
    *(path(f"{REFERRAL}{name}/", referral_acts.press, {"name": name}, name=f"referral-{name}")
      for name in referral_acts.BUTTONS),
]  # fmt: skip
