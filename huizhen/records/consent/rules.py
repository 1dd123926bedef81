"""What a consent may say. Pure decisions."""

from collections.abc import Collection
from datetime import datetime, timedelta

HEALTH = frozenset({"summary", "documents", "imaging"})
OTHER = frozenset({"contact"})
LONGEST = timedelta(days=366)
CONSENTING_AGE = 14  # below it a guardian consents [law: PIPL art. 31]


def check_scope(scope: Collection[str]) -> str | None:
    """The code of what is wrong with what is to be shared. Health data needs a separate consent, so it never stands
    in one row with anything else [law: PIPL art. 29]."""
    asked = set(scope)
    if not asked:
        return "nothing_shared"
    if asked - HEALTH - OTHER:
        return "unknown_choice"
    return "bundled" if asked & HEALTH and asked & OTHER else None


def check_until(until: datetime, at: datetime) -> str | None:
    """A consent ends, within a year: long enough for one illness, short enough to be remembered."""
    if until <= at:
        return "already_over"
    return "too_long_for" if until - at > LONGEST else None


def check_grantee(account_id: object, organisation_id: object, case_id: object) -> str | None:
    """Exactly one account or organisation, or neither and a case: then everybody on the case."""
    if account_id and organisation_id:
        return "one_grantee"
    return None if account_id or organisation_id or case_id else "one_grantee"


def evidence_of(*, on_paper: bool, is_patient: bool, is_guardian: bool) -> str | None:
    """How the consent is given; None when nobody who may give it gives it."""
    if on_paper:
        return "paper"
    if is_patient:
        return "in_app"
    return "guardian" if is_guardian else None
