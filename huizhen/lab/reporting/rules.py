"""How much goes at once, how long one waits, and what a receipt means. Pure."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

from huizhen.lab.refused import Refused

MOST_OPEN = 4  # batches without an answer; more would only grow the heap that has to be asked about
ASK_AFTER = timedelta(seconds=70)  # longer than a call may last (`ports.TIMES`)
ASK_AGAIN = timedelta(seconds=30)
LONGEST_ASK = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(minutes=10)
# What a platform asks for is believed up to here.
LONGEST_WAIT = timedelta(hours=6)
# Who does not let us in is tried again so often, with one result.
SHUT_PAUSE = timedelta(minutes=10)
REPORT_WITHIN = timedelta(hours=2)
# A file that was handed in to people is answered by people.
ANSWER_WITHIN = timedelta(days=3)
# How far back one looks for released results that no delivery is about; longer while such a case is open.
MISSED_WITHIN = timedelta(days=2)
# A duplicate is as good as accepted: the platform has it.
SETTLED_AS = {"accepted": "accepted", "duplicate": "accepted", "refused": "refused"}
# The platform's own word that it does not have a result. Only this lets the result be sent again.
UNHEARD = "unknown"
# `17 身份证号有误`, `第17行：身份证号有误`
REFUSED_LINE = re.compile(r"(?:第|row)?\s*(\d{1,7})(?!\d)\s*行?[\s.,:;、，。：；\-—]*(\S.*)", re.IGNORECASE)
LONGEST_REASON = 120
NAMESPACE = UUID("6d2b0f4e-8a36-5b8e-9d3c-0d4a3f7c1e55")


def delivery_id(upstream_id: UUID, person: UUID, series: UUID, version: int) -> UUID:
    """The key of a delivery, from what it says: the same version of the same person's result for the same platform is
    the same delivery. Nothing in it can be read back: `person` is a keyed fingerprint."""
    return uuid.uuid5(NAMESPACE, f"{upstream_id}:{person}:{series}:{version}")


def made_at(key: UUID) -> datetime:
    """When a platform was set up: its key (UUIDv7, RFC 9562) begins with the moment, in milliseconds."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, tz=UTC)


def pause(failures: int, asked: int) -> timedelta:
    """How long to wait before the next try: what the platform asked for, else 5, 10, 20 … seconds."""
    if asked:
        return min(timedelta(seconds=min(asked, 10**6)), LONGEST_WAIT)
    return min(timedelta(seconds=5 * 2 ** min(failures, 10)), LONGEST_PAUSE)


def may_ask(state: str, sent_at: datetime, asked_at: datetime | None, at: datetime) -> bool:
    """Whether it is time to ask about a batch: one that is being sent gets the time a call may last."""
    if state == "sending" and sent_at > at - ASK_AFTER:
        return False
    return asked_at is None or asked_at <= at - ask_again_after(asked_at - sent_at)


def ask_again_after(under_way: timedelta) -> timedelta:
    """How long to wait between two questions about a batch that had been under way for so long at the first: as long
    again, so that questions become rarer, and never longer than some minutes."""
    return min(max(under_way, ASK_AGAIN), LONGEST_ASK)


def wait_at_most(way: str, hand_in_hours: int) -> timedelta:
    """How long a result may wait for its batch: where a person makes it, as long as there is to hand it in."""
    return timedelta(hours=hand_in_hours) if way == "hand" else REPORT_WITHIN


def read_refused(text: str, first_row: int, size: int) -> dict[int, str]:
    """What a platform refused of a file, as somebody typed it: on each line the row's number as Excel shows it, then
    the platform's reason. Returns the reasons by place in the batch, the first is 0.

    Raises:
        Refused: `refused`: `refused_line`, `refused_outside`, `refused_twice`.
    """
    found: dict[int, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        said = REFUSED_LINE.fullmatch(line)
        if said is None:
            raise Refused({"refused": "refused_line"})
        place = int(said[1]) - first_row
        if not 0 <= place < size:
            raise Refused({"refused": "refused_outside"})
        if place in found:
            raise Refused({"refused": "refused_twice"})
        found[place] = said[2][:LONGEST_REASON]
    return found
