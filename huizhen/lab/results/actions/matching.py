"""Reading the kept messages of instruments: claimed, read, matched, stored and released in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from huizhen.lab.instruments.actions import note_answers, note_understood
from huizhen.lab.instruments.models import RawMessage
from huizhen.lab.instruments.queries import claim_pending
from huizhen.lab.instruments.readings import Understood
from huizhen.lab.instruments.received import Noted
from huizhen.lab.results.actions.taking import Heard, take_batch

BATCH = 250
# What one bad message can do to a batch. A lost connection or a deadlock is not among them: then nothing was wrong with
# the message, and the job tries again.
POISON = (DataError, IntegrityError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)

Understand = Callable[[RawMessage], tuple[Understood, str]]
Learn = Callable[[Sequence[RawMessage]], None]


def match_kept(
    understand: Understand, *, at: datetime, limit: int = BATCH, learn: Learn = lambda _messages: None
) -> int:
    """Work off one batch of kept messages; returns how many. `understand` gives what a message says, and by what
    profile it was read; `learn` is told beforehand of the whole batch. A message that cannot be stored is set aside
    alone, and holds up no other."""
    with transaction.atomic():
        messages = claim_pending(limit)
        learn(messages)
        try:
            with transaction.atomic():
                _match(messages, understand, at)
        except POISON:
            for message in messages:
                _match_alone(message, understand, at)
    return len(messages)


def _match_alone(message: RawMessage, understand: Understand, at: datetime) -> None:
    try:
        with transaction.atomic():
            _match([message], understand, at)
    except POISON as error:
        fault = Noted(message.id, 0, (f"not_stored:{type(error).__name__}",), "", is_set_aside=True)
        note_understood([fault], at=at)


def _match(messages: Sequence[RawMessage], understand: Understand, at: datetime) -> None:
    heard, noted = [], []
    for message in messages:
        understood, read_as = understand(message)
        instrument = message.instrument
        heard.append(
            Heard(
                message.id, understood.readings, message.instrument_id,
                instrument.organisation_id if instrument else None, instrument.profile if instrument else "",
            )
        )  # fmt: skip
        is_lost = not understood.readings and bool(understood.problems)
        noted.append(Noted(message.id, len(understood.readings), understood.problems, read_as, is_set_aside=is_lost))
    take_batch(heard, at=at, anew=True)
    note_answers([
        (one.instrument_id, reading.specimen, one.message_id)
        for one in heard if one.instrument_id for reading in one.readings if reading.specimen
    ], at=at)  # fmt: skip
    note_understood(noted, at=at)
