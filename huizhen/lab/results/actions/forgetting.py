"""Deleting the bytes of old messages: they hold names and numbers of patients, and after their time nobody needs them.
What was understood of them is the medical record, and that is kept for its own, longer time (domain, section 2)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from huizhen.lab.instruments.actions import forget_payloads
from huizhen.lab.results.queries import list_final_messages

AT_ONCE = 1000


def forget_messages(*, at: datetime) -> int:
    """Delete the bytes of one batch of messages that are older than the house keeps them and whose results are final;
    how many. The digest stays: a resend is recognised for ever."""
    if not settings.RAW_MESSAGE_DAYS:
        return 0
    with transaction.atomic():
        found = list_final_messages(at - timedelta(days=settings.RAW_MESSAGE_DAYS), AT_ONCE)
        if found:
            forget_payloads(found, at=at)
    return len(found)
