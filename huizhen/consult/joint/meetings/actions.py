"""Offering times, choosing one, moving and cancelling it, reminding, and beginning at the agreed time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.flow import CONVENE
from huizhen.consult.joint.meetings import rules
from huizhen.consult.joint.meetings.access import VOTE
from huizhen.consult.joint.meetings.models import (
    STANDING,
    Meeting,
    MeetingOption,
    MeetingSeat,
    MeetingState,
    MeetingVote,
)
from huizhen.consult.joint.meetings.queries import list_needed, list_taken
from huizhen.consult.joint.models import Application
from huizhen.kernel.access import SYSTEM, Actor
from huizhen.kernel.flow.acts import note
from huizhen.kernel.flow.door import WrongState, move
from huizhen.kernel.flow.language import Refused
from huizhen.kernel.flow.sentences import register_event
from huizhen.people.availability.queries import get_calendars, list_common_slots

SOON = register_event("consult.joint.meeting_soon", _("会诊会议即将开始，已提醒参会人"), _("会诊会议即将开始"))
SEATED = register_event(
    "consult.joint.meeting_seated", _("会诊时间已定，刚接受邀请的专家已列入参会"), _("会诊时间已定，您已列入参会")
)
SEATLESS = register_event(
    "consult.joint.meeting_seatless", _("刚接受邀请的专家在已定的会诊时间另有安排，未列入参会，请协调时间"),
    _("已定的会诊时间与一位专家的安排冲突"),
)  # fmt: skip


@transaction.atomic
def offer_times(actor: Actor, case_id: UUID, *, minutes: int, at: datetime) -> Meeting:
    """Find up to three times that suit the experts and the applicant, and ask them. Asked anew, the earlier times go.

    Raises:
        NotVisible, NotAllowed; Refused `no_common_time`, `bad_length`. And as `move`.
    """
    seen = access_joint(actor, case_id, to=CONVENE)
    if minutes not in rules.LENGTHS:
        raise Refused("bad_length")
    application, length = _hold(seen.application), timedelta(minutes=minutes)
    needed = list_needed(application)
    notice = rules.URGENT_NOTICE if application.case.urgency == "urgent" else rules.NOTICE
    slots = list_common_slots(needed, at + notice, at + rules.AHEAD, length=length, taken=list_taken(needed, at=at))
    times = rules.choose_times(slots, length)
    if not times:
        raise Refused("no_common_time")
    _end_standing(application, at)
    meeting = Meeting.objects.create(application=application, minutes=minutes, changed_at=at)
    MeetingOption.objects.bulk_create([MeetingOption(meeting=meeting, starts_at=start) for start in times])
    move(case_id, "offer_times", actor=actor, at=at, data={"meeting": str(meeting.id)})
    return meeting


@transaction.atomic
def vote(actor: Actor, case_id: UUID, option_ids: Iterable[UUID], *, at: datetime) -> Meeting:
    """Say at which of the offered times one can. When everybody can at one, the earliest such is fixed by itself.

    Raises:
        NotVisible, NotAllowed; Refused `no_offer`: nothing is offered any more.
    """
    seen = access_joint(actor, case_id, to=VOTE)
    application = _hold(seen.application)
    meeting = _standing(application)
    if meeting is None or meeting.state != MeetingState.OFFERED:
        raise Refused("no_offer")
    chosen = set(option_ids)
    for option in meeting.options.all():
        MeetingVote.objects.update_or_create(
            option=option, account_id=actor.account, defaults={"can": option.id in chosen}
        )
    _fix_winner(application, meeting, at)
    return meeting


@transaction.atomic
def fix_meeting(actor: Actor, case_id: UUID, option_id: UUID, *, at: datetime) -> Meeting:
    """Decide for one of the offered times, whoever has answered.

    Raises:
        NotVisible, NotAllowed; Refused `no_offer`, `in_past`, `time_taken`: somebody is in another meeting then.
    """
    seen = access_joint(actor, case_id, to=CONVENE)
    application = _hold(seen.application)
    meeting = _standing(application)
    option = meeting.options.filter(id=option_id).first() if meeting else None
    if meeting is None or option is None or meeting.state != MeetingState.OFFERED:
        raise Refused("no_offer")
    _take(application, meeting, option.starts_at, at)
    move(case_id, "fix_meeting", actor=actor, at=at, data=_data(meeting))
    return meeting


@transaction.atomic
def shift_meeting(actor: Actor, case_id: UUID, starts_at: datetime, *, reason: str, at: datetime) -> Meeting:
    """Move a fixed meeting to another time; everybody is told the reason, and their calendars take the change.

    Raises:
        NotVisible, NotAllowed; Refused `no_meeting`, `in_past`, `time_taken`. And as `move`: no reason.
    """
    seen = access_joint(actor, case_id, to=CONVENE)
    application = _hold(seen.application)
    meeting = _standing(application)
    if meeting is None or meeting.state != MeetingState.FIXED:
        raise Refused("no_meeting")
    meeting.sequence += 1
    _take(application, meeting, starts_at, at)
    move(case_id, "shift_meeting", actor=actor, at=at, reason=reason, data=_data(meeting))
    return meeting


@transaction.atomic
def cancel_meeting(actor: Actor, case_id: UUID, *, reason: str, at: datetime) -> None:
    """Cancel the meeting; everybody is told the reason.

    Raises:
        NotVisible, NotAllowed; Refused `no_meeting`. And as `move`: no reason.
    """
    seen = access_joint(actor, case_id, to=CONVENE)
    application = _hold(seen.application)
    meeting = _standing(application)
    if meeting is None:
        raise Refused("no_meeting")
    _end_standing(application, at)
    move(case_id, "cancel_meeting", actor=actor, at=at, reason=reason, data={"meeting": str(meeting.id)})


@transaction.atomic
def release(case_id: UUID, *, at: datetime) -> None:
    """The case has gone on without it, or ended: the time is free again. None standing, nothing happens."""
    application = Application.objects.select_for_update(of=("case",)).select_related("case").get(case_id=case_id)
    _end_standing(application, at)


@transaction.atomic
def tend(meeting_id: UUID, *, at: datetime) -> None:
    """Remind of a meeting that is near, and begin one whose time has come. Run twice, it does either once."""
    found = Meeting.objects.select_related("application").filter(id=meeting_id).first()
    if found is None:
        return
    application = _hold(found.application)
    meeting = _standing(application)
    if meeting is None or meeting.id != meeting_id or meeting.starts_at is None:
        return
    if meeting.starts_at <= at:
        _begin(application, meeting, at)
    elif sent := rules.due_reminder(meeting.starts_at, meeting.reminders, at=at):
        meeting.reminders = sent
        meeting.save(update_fields=["reminders"])
        note(application.case_id, SOON, actor=SYSTEM, at=at, audience="staff", tells=("applicant", "expert"))


@transaction.atomic
def seat_late(case_id: UUID, account_id: UUID, *, at: datetime) -> None:
    """Who joins the panel after the time was fixed is given it as the others were, where it is free for them, and
    hears of it; where it is not, they and the coordinators hear that. No meeting ahead, or seated already: nothing
    happens. The caller holds the case."""
    meeting = Meeting.objects.filter(application__case_id=case_id, state=MeetingState.FIXED).first()
    if meeting is None or meeting.starts_at is None or meeting.seats.filter(account_id=account_id).exists():
        return
    seated = _seat(meeting, account_id, meeting.starts_at, rules.end_of(meeting.starts_at, meeting.minutes))
    note(
        case_id, SEATED if seated else SEATLESS, actor=SYSTEM, at=at, audience="staff",
        data={"account": str(account_id), **_data(meeting)},
        tells=(f"account:{account_id}",) if seated else (f"account:{account_id}", "team:coordinator"),
    )  # fmt: skip


def unseat(case_id: UUID, account_id: UUID) -> None:
    """Who has left the panel has the hour of its meeting back. No seat, nothing happens. The caller holds the case."""
    MeetingSeat.objects.filter(
        meeting__application__case_id=case_id, meeting__state__in=STANDING, account_id=account_id
    ).delete()


def _seat(meeting: Meeting, account_id: UUID, start: datetime, end: datetime) -> bool:
    if get_calendars([account_id], start, end)[account_id].away:
        return False
    try:
        with transaction.atomic():
            MeetingSeat.objects.create(meeting=meeting, account_id=account_id, starts_at=start, ends_at=end)
    except IntegrityError as error:
        if "seat_taken_once" not in str(error):
            raise
        return False
    return True


def _begin(application: Application, meeting: Meeting, at: datetime) -> None:
    meeting.state = MeetingState.HELD
    meeting.save(update_fields=["state"])
    try:
        with transaction.atomic():
            move(application.case_id, "call_meeting", actor=SYSTEM, at=at)
    except (WrongState, Refused):
        # Called by hand already, or the case has gone on: there is nothing left to begin.
        return


def _fix_winner(application: Application, meeting: Meeting, at: datetime) -> None:
    votes: dict[UUID, dict[UUID, bool]] = {}
    for one in MeetingVote.objects.filter(option__meeting=meeting):
        votes.setdefault(one.option_id, {})[one.account_id] = one.can
    ahead = {option.id: option.starts_at for option in meeting.options.all() if option.starts_at > at}
    while winner := rules.pick_winner(ahead, votes, list_needed(application)):
        try:
            with transaction.atomic():
                _take(application, meeting, ahead.pop(winner), at)
        except Refused:
            continue  # somebody was booked meanwhile: the next one
        move(application.case_id, "fix_meeting", actor=SYSTEM, at=at, data=_data(meeting))
        return


def _take(application: Application, meeting: Meeting, starts_at: datetime, at: datetime) -> None:
    """Give the meeting this time of everybody's calendar."""
    if starts_at <= at:
        raise Refused("in_past")
    end = rules.end_of(starts_at, meeting.minutes)
    MeetingSeat.objects.filter(meeting=meeting).delete()
    seats = [
        MeetingSeat(meeting=meeting, account_id=account, starts_at=starts_at, ends_at=end)
        for account in sorted(list_needed(application))
    ]
    try:
        with transaction.atomic():
            MeetingSeat.objects.bulk_create(seats)
    except IntegrityError as error:
        raise Refused("time_taken") from error
    meeting.state, meeting.starts_at, meeting.reminders, meeting.changed_at = MeetingState.FIXED, starts_at, 0, at
    meeting.save()


def _end_standing(application: Application, at: datetime) -> None:
    for meeting in Meeting.objects.filter(application=application, state__in=STANDING):
        meeting.state, meeting.changed_at = MeetingState.CANCELLED, at
        meeting.sequence += 1
        meeting.save()
        MeetingSeat.objects.filter(meeting=meeting).delete()


def _standing(application: Application) -> Meeting | None:
    return Meeting.objects.filter(application=application, state__in=STANDING).first()


def _data(meeting: Meeting) -> dict[str, str]:
    return {"meeting": str(meeting.id), "starts_at": meeting.starts_at.isoformat() if meeting.starts_at else ""}


def _hold(application: Application) -> Application:
    """The application as it is once its case is held: who has accepted meanwhile takes part."""
    return Application.objects.select_for_update(of=("case",)).select_related("case").get(id=application.id)
