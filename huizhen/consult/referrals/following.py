"""A consent for a referral opens the material of the consultation it comes from, and only that."""

from huizhen.consult.referrals.queries import following
from huizhen.records.consent.queries import add_following


def install() -> None:
    """Say so from here on; called once by `config.wiring`."""
    add_following(following)
