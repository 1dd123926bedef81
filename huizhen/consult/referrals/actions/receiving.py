"""The receiving side: taken in with an appointment, refused, arrived or not, answered."""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.aftercare.actions import take_outcome
from huizhen.consult.joint.aftercare.models import Course
from huizhen.consult.referrals import rules
from huizhen.consult.referrals.access import access_referral
from huizhen.consult.referrals.actions.writing import lock
from huizhen.consult.referrals.flow import RECEIVE, RECEIVER
from huizhen.consult.referrals.models import Referral
from huizhen.consult.referrals.queries import find_doctor, list_doctors
from huizhen.kernel.access import Actor
from huizhen.kernel.calendar import hours
from huizhen.kernel.flow import acts
from huizhen.kernel.flow.door import move
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.models import Case

LONGEST_PLACE = 300
ARRIVAL = "arrival"
# So long after the appointment it is asked whether the patient came.
GRACE = timedelta(hours=24)


@transaction.atomic
def accept(actor: Actor, case_id: UUID, *, appointment_at: datetime, place: str, at: datetime) -> Referral:
    """Take the patient in: when and where to come. A clock watches whether they do.

    Raises:
        NotVisible, NotAllowed; Refused `in_past`, `no_place`. And as `move`.
    """
    return _appoint(actor, case_id, "accept", appointment_at, place, "", at)


@transaction.atomic
def reschedule(
    actor: Actor, case_id: UUID, *, appointment_at: datetime, place: str, reason: str, at: datetime
) -> Referral:
    """Move the appointment, with a reason that is told. Raises as `accept`."""
    return _appoint(actor, case_id, "reschedule", appointment_at, place, reason, at)


@transaction.atomic
def name_doctor(actor: Actor, case_id: UUID, *, doctor_id: UUID, at: datetime) -> None:
    """Let a doctor of the hospital read letter and material, and see the patient; whoever was named before is not any
    more. It ends with the referral. Named already, nothing happens.

    Raises:
        NotVisible, NotAllowed; Refused `no_doctor_here`. And as `move`.
    """
    referral = access_referral(actor, case_id, to=RECEIVE).referral
    named = next((one for one in list_doctors(referral) if one.account_id == doctor_id), None)
    if named is None:
        raise Refused("no_doctor_here")
    lock(case_id)
    before = find_doctor(case_id)
    if before is not None and before.account_id == doctor_id:
        return
    if before is not None:
        acts.leave(case_id, before.account_id, RECEIVER, actor=actor, at=at)
    acts.join(case_id, doctor_id, RECEIVER, actor=actor, at=at)
    move(case_id, "name_doctor", actor=actor, at=at, data={"doctor": named.name})


@transaction.atomic
def refuse(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> Case:
    """Not take the patient in; the reason is told. Raises NotVisible, NotAllowed; and as `move`."""
    access_referral(actor, case_id, to=RECEIVE)
    return move(case_id, "refuse", actor=actor, at=at, reason=reason)


@transaction.atomic
def record_arrival(actor: Actor, case_id: UUID, *, at: datetime) -> Case:
    """The patient came. Raises NotVisible, NotAllowed; and as `move`."""
    access_referral(actor, case_id, to=RECEIVE)
    return move(case_id, "record_arrival", actor=actor, at=at)


@transaction.atomic
def record_absence(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> Case:
    """The patient did not come, which ends the referral. Raises NotVisible, NotAllowed; and as `move`."""
    access_referral(actor, case_id, to=RECEIVE)
    return move(case_id, "record_absence", actor=actor, at=at, reason=reason)


@transaction.atomic
def report_back(
    actor: Actor, case_id: UUID, *, course: str, diagnosis_held: bool | None, words: str, at: datetime
) -> Referral:
    """Say what was found and done. It ends the referral, and becomes the consultation's outcome: the experts are told.

    Raises:
        NotVisible, NotAllowed; Refused `bad_outcome`: no such course, or no words. And as `move`.
    """
    seen = access_referral(actor, case_id, to=RECEIVE)
    if course not in Course.values or not words.strip():
        raise Refused("bad_outcome")
    referral = lock(seen.referral.case_id)
    move(case_id, "report_back", actor=actor, at=at)
    referral.course, referral.diagnosis_held, referral.outcome = course, diagnosis_held, words.strip()[: rules.LONGEST]
    referral.outcome_by_id, referral.outcome_at = actor.account, at
    referral.save(update_fields=["course", "diagnosis_held", "outcome", "outcome_by", "outcome_at"])
    take_outcome(
        referral.application, actor=actor, course=course, diagnosis_held=diagnosis_held, words=referral.outcome, at=at
    )
    return referral


def _appoint(
    actor: Actor, case_id: UUID, name: str, appointment_at: datetime, place: str, reason: str, at: datetime
) -> Referral:
    seen = access_referral(actor, case_id, to=RECEIVE)
    if appointment_at <= at:
        raise Refused("in_past")
    if not place.strip():
        raise Refused("no_place")
    referral = lock(seen.referral.case_id)
    move(case_id, name, actor=actor, at=at, reason=reason, data={"appointment": appointment_at.isoformat()})
    acts.end_clock(case_id, ARRIVAL, at=at)
    left = ceil((appointment_at + GRACE - at) / timedelta(hours=1))
    acts.set_clock(case_id, ARRIVAL, at=at, length=hours(left))
    referral.appointment_at, referral.appointment_place = appointment_at, place.strip()[:LONGEST_PLACE]
    referral.save(update_fields=["appointment_at", "appointment_place"])
    return referral
