"""Asking an instrument for its results again: asked, answered, or given up; one question at a time for a specimen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from huizhen.kernel import audit, pulse
from huizhen.kernel.access import Actor
from huizhen.kernel.line import put
from huizhen.lab.instruments import asking
from huizhen.lab.instruments.in_use import get_profile
from huizhen.lab.instruments.models import Instrument, RequestState, ResultRequest
from huizhen.lab.instruments.queries import CHANNEL, list_resent, list_waiting
from huizhen.lab.instruments.reading import read
from huizhen.lab.instruments.refused import Refused

# The specimens of a whole batch of messages at once; nearly always nothing is open, and nothing is written.
ANSWERED = """
UPDATE lab_resultrequest q SET state = 'answered', ended_at = %s, answer_id = a.message
  FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS a(instrument, specimen, message)
 WHERE q.instrument_id = a.instrument AND q.specimen = a.specimen AND q.state IN ('waiting', 'sending', 'asked')
"""


def ask_again(instrument: Instrument, specimen: str, *, actor: Actor, at: datetime) -> ResultRequest:
    """Have an instrument asked for the results of a specimen; sent when its line is open. Where a question is under
    way, that one is returned: nobody is asked twice at once.

    Raises:
        Refused: `instrument: not_asked`, where its profile does not say how.
    """
    profile = get_profile(instrument)
    if profile is None or not profile.asks:
        raise Refused("instrument", "not_asked")
    until = at + timedelta(minutes=profile.again["within"])
    try:
        with transaction.atomic():
            made = ResultRequest.objects.create(
                instrument=instrument, specimen=specimen, asked_at=at, until=until, asked_by_id=actor.account_id,
                means=profile.asks,
            )  # fmt: skip
            audit.record(
                actor, "lab.instruments.asked_again", subject_kind="instrument", subject_id=instrument.id,
                organisation_id=instrument.organisation_id, data={"request": str(made.id)}, at=at,
            )  # fmt: skip
            pulse.beat((CHANNEL, int(at.timestamp() * 1000)))
    except IntegrityError as error:
        if "asked_once_at_a_time" not in str(error):
            raise
        return ResultRequest.objects.get(instrument=instrument, specimen=specimen, state__in=asking.OPEN)
    return made


def claim_requests(instrument_ids: Sequence[UUID], *, at: datetime) -> list[ResultRequest]:
    """Take the questions that can be sent to these instruments now; nobody else gets the same."""
    with transaction.atomic():
        wanted = ResultRequest.objects.filter(asking.due(instrument_ids, at)).order_by("asked_at", "id")
        found = list(wanted.select_for_update(skip_locked=True)[: asking.AT_ONCE])
        ResultRequest.objects.filter(id__in=[one.id for one in found]).update(
            state=RequestState.SENDING, tried_at=at, tries=F("tries") + 1
        )
    return found


def note_request(request_id: UUID, *, arrived: bool, at: datetime, why: str = "") -> None:
    """Note what became of a question on the line: asked, or, where it was not taken, tried again a few times. `why`
    ends it at once (`no_orders`). An answer that was faster stays."""
    with transaction.atomic():
        found = ResultRequest.objects.select_for_update().get(id=request_id)
        if found.state != RequestState.SENDING:
            return
        if why:
            _end(found, why, at)
        elif arrived:
            found.state, found.sent_at = RequestState.ASKED, at
            found.save(update_fields=["state", "sent_at"])
        elif found.tries >= asking.MOST_TRIES:
            _end(found, "not_taken", at)
        else:
            found.state = RequestState.WAITING
            found.save(update_fields=["state"])


def note_answers(heard: Sequence[tuple[UUID, str, UUID]], *, at: datetime) -> None:
    """Results came: instrument, specimen and message of each. In the caller's transaction, beside the observations."""
    if heard:
        put(ANSWERED, [at, *(list(column) for column in zip(*dict.fromkeys(heard), strict=True))])


def note_nothing(instrument_id: UUID, *, at: datetime) -> None:
    """The instrument says that it has nothing: its oldest question has ended. The protocols name no question here."""
    with transaction.atomic():
        asked = ResultRequest.objects.select_for_update().filter(instrument_id=instrument_id)
        sent = asked.filter(state__in=(RequestState.ASKED, RequestState.SENDING))
        found = sent.order_by(F("sent_at").asc(nulls_last=True), "id").first()
        if found is not None:
            _end(found, "nothing_there", at)


def end_requests(*, at: datetime) -> int:
    """End what waited too long, and what was answered by a resend of bytes that are here already; how many."""
    ended = 0
    for request_id in list_waiting():
        with transaction.atomic():
            found = ResultRequest.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                id=request_id, state__in=asking.OPEN
            ).select_related("instrument").first()  # fmt: skip
            ended += found is not None and _end_one(found, at)
    return ended


def _end_one(found: ResultRequest, at: datetime) -> bool:
    profile = get_profile(found.instrument)
    for message in list_resent(found.instrument_id, found.asked_at) if profile else ():
        if profile and any(one.specimen == found.specimen for one in read(message.payload, profile).readings):
            found.state, found.ended_at, found.answer_id = RequestState.ANSWERED, at, message.id
            found.why = "same_again"
            found.save(update_fields=["state", "ended_at", "answer", "why"])
            return True
    if at < found.until:
        return False
    _end(found, "no_answer" if found.sent_at else "no_line", at)
    return True


def _end(found: ResultRequest, why: str, at: datetime) -> None:
    found.state, found.ended_at, found.why = RequestState.EXPIRED, at, why
    found.save(update_fields=["state", "ended_at", "why"])
    pulse.beat((CHANNEL, int(at.timestamp() * 1000)))
