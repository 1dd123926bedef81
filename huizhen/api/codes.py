"""Every code an error may carry, with its status and its sentence. `docs/api.md` lists exactly these."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Code:
    """A kind of error. `says` is its sentence for people."""

    status: int
    says: Any


CODES: dict[str, Code] = {
    "bad_request": Code(400, _("The request could not be read.")),
    "bad_cursor": Code(400, _("The cursor was not given out by this list.")),
    "idempotency_key_missing": Code(400, _("Writes need an Idempotency-Key of 8 to 200 letters, digits, - or _.")),
    "not_logged_in": Code(401, _("Please log in.")),
    "session_over": Code(401, _("The session has ended. Please log in again.")),
    "second_factor_required": Code(403, _("Enrol a second factor first.")),
    "csrf_failed": Code(403, _("The page was open for too long. Reload it and try again.")),
    "not_allowed": Code(403, _("Your role does not include this step.")),
    "not_found": Code(404, _("There is nothing here for you.")),
    "wrong_method": Code(405, _("This address does not take this method.")),
    "wrong_state": Code(409, _("The case has moved on, so this step no longer fits. Look at it again.")),
    "changed_meanwhile": Code(409, _("Somebody was faster. Look at the case again.")),
    "idempotency_in_progress": Code(409, _("The same request is being carried out. Try again in a moment.")),
    "log_in_wrong_step": Code(409, _("This step of logging in does not fit now. Begin again.")),
    "version_changed": Code(412, _("The case has changed since the version you have seen.")),
    "too_large": Code(413, _("This is larger than what is accepted.")),
    "wrong_content_type": Code(415, _("Send JSON.")),
    "invalid": Code(422, _("Some values were not accepted.")),
    "idempotency_conflict": Code(422, _("This Idempotency-Key was used for another request.")),
    "file_refused": Code(422, _("The file was not accepted.")),
    "signing_refused": Code(422, _("The opinion could not be signed: there is no usable certificate.")),
    "image_damaged": Code(422, _("The image cannot be shown: its pixels are damaged.")),
    "message_empty": Code(422, _("The message is empty.")),
    "message_too_long": Code(422, _("The message is too long.")),
    "bad_attachment": Code(422, _("An attachment is not a finished upload of yours.")),
    "bad_phone": Code(422, _("This is no mobile number.")),
    "bad_contract": Code(422, _("Two different organisations, days in order, and one open contract between them.")),
    "bad_shift": Code(422, _("A shift must end after it begins, and lie ahead.")),
    "on_duty_already": Code(422, _("This doctor is on duty already at that time.")),
    "not_switchable": Code(422, _("The inbox in the app cannot be switched off.")),
    "too_often": Code(429, _("Too many tries. Wait a little and try again.")),
    "broken": Code(500, _("Something broke on our side. Quote the request number.")),
    "unavailable": Code(503, _("The system is starting or being repaired. Try again in a minute.")),
}

# What the rules of a flow refuse: always 422, nothing was written.
REFUSALS: dict[str, Any] = {
    "already_invited": _("This expert is invited already."),
    "asked": _("The outcome has been asked for already."),
    "answered": _("Somebody else has answered this question meanwhile."),
    "bad_answer": _("One of the items does not fit: choose from the list, or write a number within its bounds."),
    "items_open": _("Items of the template that are needed for signing have no answer yet."),
    "bad_length": _("Choose one of the lengths offered."),
    "bad_day": _("Choose 7 to 365 days after the delivery, and a day that lies ahead."),
    "bad_outcome": _("Say whether the advice was followed, and how the patient is."),
    "bad_rating": _("Choose one to five for each question."),
    "case_closed": _("The consultation has ended."),
    "chair_first": _("This expert chairs: name another chair first."),
    "contract_full": _("This month's number of consultations in the contract is used up."),
    "cosigned": _("You have answered already, or the report has gone back to the chair."),
    "duty_over": _("Somebody else on duty has taken the case."),
    "empty_answer": _("Write the answer first."),
    "empty_opinion": _("Write an assessment before you sign."),
    "empty_question": _("Write your question first."),
    "in_past": _("This time has passed. Choose a later one."),
    "incomplete": _("Something is still missing in the application."),
    "invitation_over": _("The invitation is over: answered, expired or taken back."),
    "letter_empty": _("The letter needs a reason for the referral and the opinion of the consultation."),
    "letter_signed": _("The letter has been signed; it can no longer be changed."),
    "may_not_chair": _("The department's rule asks for a chair of another title or specialty."),
    "must_cosign": _("Your department's rule asks for your signature. Object with a reason if you cannot sign."),
    "needs_missing": _("The step needs more: see `details`."),
    "no_centre": _("No consultation centre serves this organisation."),
    "no_chair": _("Name a chair first."),
    "no_common_time": _("No time suits everybody within two weeks. Choose a shorter meeting, or agree by telephone."),
    "no_conclusion": _("The report has no conclusion yet."),
    "no_consent": _("The patient has not agreed to the referral yet, or has withdrawn the consent."),
    "no_contract": _("There is no contract with this expert's hospital."),
    "no_draft": _("There is no draft of a report."),
    "no_meeting": _("There is no meeting that could be changed."),
    "no_meeting_wanted": _("No meeting was asked for."),
    "no_name": _("Say who it is, for example: daughter."),
    "no_offer": _("These times are no longer offered. Look at the page again."),
    "no_owner": _("Nobody takes part who could own the next state."),
    "no_place": _("Say where the patient is to come."),
    "no_doctor_here": _("Choose a doctor of your hospital."),
    "no_receiver": _("Nobody at this hospital takes referrals here. Choose another, or call there."),
    "no_report": _("There is no report yet."),
    "no_stance_reason": _("Give the reason why you disagree."),
    "not_accepted": _("This expert has not accepted."),
    "not_asked": _("You were not asked to look again, or you have answered already."),
    "closed_to_experts": _(
        "The patient's consent for this consultation has been withdrawn or has ended: no opinion is given without it."
    ),
    "not_agreed": _(
        "The patient's consent for this consultation has been withdrawn or has ended: no further expert can take part."
    ),
    "not_fit": _("This expert cannot be asked: no valid licence, no consultations, or the applicant."),
    "not_on_team": _("This person is not on the team that handles the case."),
    "not_ready": _("The report is not ready to be approved."),
    "not_signed": _("There is no signed opinion to withdraw."),
    "not_the_teams": _("This step belongs to somebody who takes part; only the team's own can be handed over."),
    "nothing_awaited": _("No opinion of this expert is awaited."),
    "nothing_to_correct": _("No version has been delivered yet that could stand as it is."),
    "opinions_changed": _("An opinion has changed since the report was delivered: a new version has to be signed."),
    "opinions_missing": _("Not every expert has signed."),
    "rated": _("You have rated this consultation already."),
    "week_full": _("The week of an expert is full, counting invitations that wait for an answer."),
    "recorded": _("The outcome has been recorded already."),
    "referral_over": _("The referral has ended."),
    "report_approved": _("The report is approved and on its way."),
    "signed": _("The opinion is signed already."),
    "time_taken": _("Somebody is in another meeting at that time. Choose another one."),
    "too_few_experts": _("Too few experts have accepted."),
    "too_many_links": _("Five links are in use. Take one back first."),
    "until_in_past": _("The new time must lie ahead."),
    "wrong_material": _("A document or study does not exist, or is another patient's."),
}
CODES |= {code: Code(422, says) for code, says in REFUSALS.items()}
