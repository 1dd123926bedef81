"""What an instrument is asked when its results are missing or broken, and how long it may take. By its profile."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from huizhen.lab.instruments import ports
from huizhen.lab.instruments.models import RequestState, ResultRequest
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.understanding import questions

OPEN = (RequestState.WAITING, RequestState.SENDING, RequestState.ASKED)
AT_ONCE = 20
MOST_TRIES = 3
LOST_AFTER = timedelta(minutes=2)  # a process that took a question and died gives it back
MARK = "again:"  # the name of a question on a line


def due(instrument_ids: Sequence[UUID], at: datetime) -> Q:
    """Which questions to these instruments are to be sent now."""
    waiting = Q(state=RequestState.WAITING)
    lost = Q(state=RequestState.SENDING, tried_at__lt=at - LOST_AFTER)
    return Q(instrument_id__in=list(instrument_ids), until__gt=at) & (waiting | lost)


def write(
    request: ResultRequest, profile: Profile, organisation_id: UUID, new_id: Callable[[], str], *, at: datetime
) -> bytes:
    """The message that asks: a question, or the orders of the specimen once more; empty where nothing is ordered."""
    if profile.asks == "question":
        return questions.ask_for_results(request.specimen, profile, new_id, at=at)
    orders = ports.orders_of(request.specimen, organisation_id=organisation_id)
    return questions.download_of(orders, profile, new_id, at=at, why=questions.Why.AGAIN) if orders else b""
