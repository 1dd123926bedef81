"""Every refusal of a feature as a plain sentence: what happened, and what to do now. Forms keep what was typed."""

from typing import Any

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.report.ports import SigningRefused
from huizhen.kernel import files
from huizhen.kernel.files.sentences import REFUSALS as FILES
from huizhen.kernel.flow.door import Stale, WrongState
from huizhen.kernel.flow.language import Refused as FlowRefused
from huizhen.kernel.talk import BadAttachment, Empty, TooLong
from huizhen.lab.refused import Refused as LabRefused
from huizhen.records.refused import Refused as RecordsRefused

REFUSALS = (
    FlowRefused,
    WrongState,
    Stale,
    SigningRefused,
    files.Refused,
    RecordsRefused,
    LabRefused,
    Empty,
    TooLong,
    BadAttachment,
)

FASTER = _("Somebody was faster: the case has moved on since you opened this page. Look at it again, then decide anew.")
OTHERWISE = _("This cannot be done now. Look at the case again; if it stays so, call and quote its number.")
MISSING = {
    "question": _("a clear question to the experts"),
    "summary": _("a summary of the illness, at least a few sentences"),
    "material": _("at least one document or imaging study"),
    "imaging": _("imaging, because an operation is to be judged"),
    "consent": _("the patient's signed consent"),
    "pathology": _("the pathology report"),
    "laboratory": _("recent laboratory results"),
    "history": _("treatment so far, and medicines taken"),
}
SENTENCES: dict[str, Any] = {
    "no_centre": _("No consultation centre serves your hospital. Ask the administrator of your organisation."),
    "already_invited": _("This expert has been invited already. Choose another one."),
    "not_fit": _("This expert cannot be invited now: no valid licence, or not taking consultations. Choose another."),
    "closed_to_experts": _(
        "The patient's consent for this consultation has been withdrawn or has ended: no opinion is given without it."
    ),
    "not_agreed": _(
        "The patient's consent for this consultation has been withdrawn or has ended: no further expert can take part."
    ),
    "invitation_over": _("This invitation is over: it was answered, taken back or not answered in time."),
    "not_accepted": _("Only an expert who has accepted can chair."),
    "too_few_experts": _("Not enough experts have accepted yet. Wait for an answer, or invite another one."),
    "may_not_chair": _("By the rule of this department somebody of another title or specialty must chair."),
    "no_contract": _(
        "The applicant's hospital has no contract with this expert's. Choose another, or make a contract."
    ),
    "contract_full": _("This month's number of consultations in the contract with this hospital is used up."),
    "no_chair": _("Name one of the experts as the chair first."),
    "no_meeting_wanted": _("No meeting was asked for in this consultation."),
    "opinions_missing": _("Not every expert has signed an opinion yet."),
    "report_approved": _("The report has been approved and is being signed; it can no longer be changed."),
    "no_conclusion": _("The report needs a conclusion. Write at least one paragraph."),
    "no_draft": _("There is no draft to work on. Open the case again."),
    "not_ready": _("The report cannot be issued as it stands: look at conclusion, sources and dissent again."),
    "signed": _("You have signed this opinion already. Withdraw it first if it must change."),
    "not_signed": _("There is no signed opinion of yours that could be withdrawn."),
    "empty_opinion": _("Write your assessment before you sign."),
    "no_stance_reason": _("Say in a few words where you differ; it is kept in the report."),
    "opinions_changed": _("An opinion has changed since the report was delivered: a new version has to be signed."),
    "nothing_to_correct": _("No version has been delivered yet that could stand as it is."),
    "nothing_awaited": _("No opinion of this expert is awaited; what was signed stands."),
    "chair_first": _("This expert chairs. Name another chair first."),
    "not_asked": _("You were not asked to look again, or you have answered already."),
    "cosigned": _("You have answered already, or the report has gone back to the chair."),
    "must_cosign": _("Your department's rule asks for your signature. Object with a reason if you cannot sign."),
    "empty_question": _("Write your question first."),
    "empty_answer": _("Write the answer first."),
    "answered": _("Somebody else has answered this question meanwhile."),
    "bad_answer": _("One of the items does not fit: choose from the list, or write a number within its bounds."),
    "items_open": _("Items of the template that are needed for signing have no answer yet. What you wrote is kept."),
    "no_common_time": _("No time suits everybody within two weeks. Choose a shorter meeting, or agree by telephone."),
    "bad_length": _("Choose one of the lengths offered."),
    "no_offer": _("These times are no longer offered. Look at the page again."),
    "no_meeting": _("There is no meeting that could be changed."),
    "in_past": _("This time has passed. Choose a later one."),
    "time_taken": _("Somebody is in another meeting at that time. Choose another one."),
    "case_closed": _("The consultation has ended."),
    "no_name": _("Say who it is, for example: daughter."),
    "too_many_links": _("Five links are in use. Take one back first."),
    "no_report": _("There is no report yet."),
    "bad_rating": _("Choose one to five for each question."),
    "rated": _("You have rated this consultation already."),
    "week_full": _("The week of an expert is full, counting invitations that wait for an answer."),
    "asked": _("The outcome has been asked for already."),
    "bad_day": _("Choose 7 to 365 days after the delivery, and a day that lies ahead."),
    "bad_outcome": _("Say whether the advice was followed, and how the patient is."),
    "recorded": _("The outcome has been recorded already."),
    "duty_over": _("Somebody else has taken this case already. Thank you."),
    "until_in_past": _("The new time must lie in the future."),
    "no_owner": _("Nobody is there to take over the next step. Name that person first."),
    "not_on_team": _("Only somebody who works at the consultation centre can take the case over."),
    "not_the_teams": _(
        "This step belongs to the applicant, the chair or the experts themselves. Only the centre's own steps can be "
        "handed over."
    ),
    "no_receiver": _("Nobody at this hospital takes referrals here. Choose another, or call there."),
    "no_consent": _("The patient has not agreed to the referral yet, or has withdrawn the consent."),
    "letter_signed": _("The letter has been signed; it can no longer be changed."),
    "letter_empty": _("The letter needs a reason for the referral and the opinion of the consultation."),
    "no_place": _("Say where the patient is to come."),
    "no_doctor_here": _("Choose a doctor of your hospital."),
    "referral_over": _("The referral has ended."),
    "needs_missing": _("Something is missing: please give a reason, or choose what is asked for."),
}
SIGNING = {
    "no_certificate": _("There is no signing certificate for you. Ask your hospital's information office."),
    "expired": _("Your signing certificate has expired. Ask your hospital's information office for a new one."),
    "not_yet_valid": _("Your signing certificate is not valid yet."),
    "untrusted": _("Your signing certificate was not issued by an accepted authority."),
    "wrong_person": _("This signing certificate belongs to somebody else."),
}
SIGNING_LATER = _("Signing is not available at the moment. What you wrote is kept; please try again in a few minutes.")


def say(error: Exception) -> str:
    """The sentence of a refusal, in the reader's language."""
    if isinstance(error, WrongState | Stale):
        return str(FASTER)
    if isinstance(error, FlowRefused):
        return _say_code(error)
    if isinstance(error, SigningRefused):
        return str(SIGNING.get(error.code, SIGNING_LATER))
    if isinstance(error, files.Refused):
        return str(FILES.get(error.code, OTHERWISE))
    if isinstance(error, RecordsRefused | LabRefused):
        return " ".join(error.sentences().values())
    return str(_say_words(error))


def status_of(error: Exception) -> int:
    """The status of the page that shows a refusal: 409 where somebody was faster, else 422."""
    return 409 if isinstance(error, WrongState | Stale) else 422


def say_missing(codes: Any) -> list[str]:
    """What is missing, as words for a list. Unknown codes are shown as they are."""
    return [str(MISSING.get(code, code)) for code in codes or ()]


def put_into(form: Form, error: Exception) -> None:
    """Say a refusal in a form: beside the field it names, where the form has it, else above all fields."""
    named = error.sentences() if isinstance(error, RecordsRefused | LabRefused) else {}
    for field, sentence in named.items():
        form.add_error(field if field in form.fields else None, sentence)
    if not named:
        form.add_error(None, say(error))


def _say_code(error: FlowRefused) -> str:
    if error.code == "incomplete":
        return str(_("Still missing: %(what)s.")) % {"what": "; ".join(say_missing(error.details.get("missing")))}
    return str(SENTENCES.get(error.code, OTHERWISE))


def _say_words(error: Exception) -> Any:
    if isinstance(error, Empty):
        return _("Write something first, or attach a file.")
    if isinstance(error, TooLong):
        return _("This is too long: at most 4,000 characters and nine files. Send it in two parts.")
    if isinstance(error, BadAttachment):
        return _("An attached file did not arrive completely. Upload it again; your words are kept.")
    return OTHERWISE
