"""A referral's rows as its letter needs them: plain values for `letter`."""

from typing import Any

from django.conf import settings
from django.utils import translation

from huizhen.consult.joint.actions.paper import LANGUAGE, get_people, list_pictures, read_draft, to_patient, to_text
from huizhen.consult.joint.queries import list_signed
from huizhen.consult.referrals import rules
from huizhen.consult.referrals.letter.content import LetterContent, Piece
from huizhen.consult.referrals.letter.wording import say_source
from huizhen.consult.referrals.models import Referral
from huizhen.people.organisations.queries import get_full_name, hospital_of


def to_content(referral: Referral) -> LetterContent:
    """The whole letter, in the language of papers whatever the reader's."""
    application, case = referral.application, referral.case
    home = hospital_of(case.organisation_id) or case.organisation_id
    with translation.override(LANGUAGE):
        pieces = tuple(
            Piece(one["key"], one["text"], say_source(one, edited=rules.is_edited(one)))
            for one in referral.content["pieces"]
        )
    return LetterContent(
        hospital=get_full_name(home), target=get_full_name(referral.target_id), case_number=case.number,
        joint_number=application.case.number, verify_url=f"{settings.PUBLIC_URL}/verify/{referral.code}/",
        code=referral.code, patient=to_patient(application.patient),
        doctor=get_people([referral.doctor_id])[referral.doctor_id],
        pieces=pieces, unreported=rules.find_unreported(referral.content["pieces"]),
        urgent=case.urgency == "urgent", demonstration=settings.DEMO,
        pictures=list_pictures(application.case_id, at=referral.approved_at) if referral.content["pictures"] else (),
    )  # fmt: skip


def to_given(application: Any, report: Any | None) -> rules.Given:
    """What a consultation and its signed report have to say; without a report, its opinions signed so far."""
    signed = list_signed(application.id)
    people, draft = get_people(one.expert_id for one in signed), read_draft(report.content if report else {})
    return rules.Given(
        application.case.number, application.question, application.summary, report.version if report else None,
        draft.conclusion, draft.advice, [to_text(one, people[one.expert_id]) for one in signed],
    )  # fmt: skip
