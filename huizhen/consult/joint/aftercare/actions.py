"""Rating a consultation; asking and recording what became of the advice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.access import Seen, access_joint
from huizhen.consult.joint.aftercare.access import PLAN, RATE, RECORD
from huizhen.consult.joint.aftercare.models import Course, Followed, FollowUp, Rating
from huizhen.consult.joint.models import Application
from huizhen.kernel import outbox
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.acts import note
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.sentences import register_event

# The applicant is asked so many days after delivery, unless the applicant or the chair has chosen another number; and
# once more where nobody answers.
ASKED_AFTER, AGAIN_AFTER = timedelta(days=30), timedelta(days=7)
SOONEST, LATEST = 7, 365  # days that may be chosen
LONGEST = 2000
RATED = register_event("consult.joint.rated", _("%(actor)s 评价了本次会诊"), _("会诊收到评价"))
ASKED = register_event("consult.joint.outcome_asked", _("已提醒申请医生回访"), _("请回访：患者后来怎么样了？"))
PLANNED = register_event("consult.joint.follow_up_planned", _("%(actor)s 将随访提醒定为报告发出后 %(days)s 天"))
RECORDED = register_event("consult.joint.outcome_recorded", _("%(actor)s 记录了随访结果"))
FOLLOWED_UP = "consult.joint.followed_up"


@dataclass(frozen=True)
class Stars:
    """One to five for each: how fast, how clear, how useful."""

    speed: int
    clarity: int
    use: int


@transaction.atomic
def rate(actor: Actor, case_id: UUID, stars: Stars, *, words: str = "", at: datetime) -> Rating:
    """Rate a consultation once its report is there; once each, and for good.

    Raises:
        NotVisible, NotAllowed; Refused `no_report`, `bad_rating`, `rated`.
    """
    seen = _delivered(actor, case_id, RATE)
    if not all(1 <= value <= 5 for value in (stars.speed, stars.clarity, stars.use)):
        raise Refused("bad_rating")
    try:
        with transaction.atomic():
            made = Rating.objects.create(
                application=seen.application, account_id=actor.account, by_patient=seen.as_patient, speed=stars.speed,
                clarity=stars.clarity, use=stars.use, words=words.strip()[:LONGEST], rated_at=at,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused("rated") from error
    note(case_id, RATED, actor=actor, at=at, audience="staff", tells=("team:coordinator",))
    return made


@transaction.atomic
def plan_follow_up(case_id: UUID, *, at: datetime) -> None:
    """With the report comes the day on which it is asked what became of the advice; planned already, it stays."""
    application = Application.objects.get(case_id=case_id)
    FollowUp.objects.get_or_create(application=application, defaults={"due_at": at + ASKED_AFTER})


@transaction.atomic
def choose_day(actor: Actor, case_id: UUID, *, days: int, at: datetime) -> FollowUp:
    """Choose how many days after the delivery, 7 to 365, the applicant is asked. The same number twice does no harm.

    Raises:
        NotVisible, NotAllowed; Refused `no_report`, `bad_day`: out of bounds, or that day has passed; `recorded`: the
        outcome is known; `asked`: it has been asked for already.
    """
    seen = _delivered(actor, case_id, PLAN)
    due_at = _delivered_at(seen) + timedelta(days=days) if SOONEST <= days <= LATEST else at
    if due_at <= at:
        raise Refused("bad_day")
    FollowUp.objects.get_or_create(application=seen.application, defaults={"due_at": at + ASKED_AFTER})
    row = FollowUp.objects.select_for_update().get(application=seen.application)
    if row.recorded_at is not None:
        raise Refused("recorded")
    if row.asked_at is not None:
        raise Refused("asked")
    if row.due_at != due_at:
        row.due_at = due_at
        row.save(update_fields=["due_at"])
        note(case_id, PLANNED, actor=actor, at=at, audience="staff", data={"days": days})
    return row


@transaction.atomic
def ask_outcome(follow_up_id: UUID, *, at: datetime) -> None:
    """Remind the applicant; a week later, without an answer, once more. Recorded, or asked twice, nothing happens."""
    row = FollowUp.objects.select_for_update().filter(id=follow_up_id, asked_again_at=None).first()
    if row is None or (row.asked_at is None and row.due_at > at):
        return
    if row.asked_at is not None and (row.recorded_at is not None or row.asked_at + AGAIN_AFTER > at):
        return
    asked = "asked_again_at" if row.asked_at else "asked_at"
    setattr(row, asked, at)
    row.save(update_fields=[asked])
    if row.recorded_at is None:
        note(
            Application.objects.values_list("case_id", flat=True).get(id=row.application_id), ASKED, actor=SYSTEM,
            at=at, audience="staff", tells=("applicant",),
        )  # fmt: skip


@transaction.atomic
def record_outcome(
    actor: Actor, case_id: UUID, *, followed: str, course: str, diagnosis_held: bool | None, words: str, at: datetime
) -> FollowUp:
    """Say what became of the advice; the experts are told, and read it on their own page.

    Raises:
        NotVisible, NotAllowed; Refused `no_report`, `bad_outcome`, `recorded`: it was said already.
    """
    seen = _delivered(actor, case_id, RECORD)
    if followed not in Followed.values or course not in Course.values:
        raise Refused("bad_outcome")
    FollowUp.objects.get_or_create(application=seen.application, defaults={"due_at": at})
    row = FollowUp.objects.select_for_update().get(application=seen.application)
    if row.recorded_at is not None:
        raise Refused("recorded")
    _keep(row, followed, course, diagnosis_held, words, actor=actor, at=at)
    return row


def take_outcome(
    application: Application, *, actor: Actor, course: str, diagnosis_held: bool | None, words: str, at: datetime
) -> None:
    """Let what the hospital that took the patient over writes back be the outcome: the advice was followed. Where the
    applicant has said it already, that stays. The caller has opened the transaction and checked access."""
    FollowUp.objects.get_or_create(application=application, defaults={"due_at": at})
    row = FollowUp.objects.select_for_update().get(application=application)
    if row.recorded_at is None:
        _keep(row, Followed.YES, course, diagnosis_held, words, actor=actor, at=at)


def _keep(
    row: FollowUp, followed: str, course: str, diagnosis_held: bool | None, words: str, *, actor: Actor, at: datetime
) -> None:
    row.followed, row.course, row.diagnosis_held, row.words = followed, course, diagnosis_held, words.strip()[:LONGEST]
    row.asked_at, row.recorded_by_id, row.recorded_at = row.asked_at or at, actor.account, at
    row.save()
    case_id = row.application.case_id
    note(case_id, RECORDED, actor=actor, at=at, audience="staff")
    outbox.emit(FOLLOWED_UP, case=str(case_id))


def _delivered_at(seen: Seen) -> datetime:
    return min(report.signed_at for report in seen.application.reports.all() if report.signed_at)


def _delivered(actor: Actor, case_id: UUID, permission: str) -> Seen:
    seen = access_joint(actor, case_id, to=permission)
    if not any(report.signed_at for report in seen.application.reports.all()):
        raise Refused("no_report")
    return seen
