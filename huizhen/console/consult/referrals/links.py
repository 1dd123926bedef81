"""Where the pages of referrals lie."""

from uuid import UUID

LIST = "/consult/referrals/"


def referral(case_id: UUID) -> str:
    """The page of a referral."""
    return f"{LIST}{case_id}/"


def act(case_id: UUID, name: str) -> str:
    """The page, or the address, of an act on it."""
    return f"{LIST}{case_id}/{name}/"
