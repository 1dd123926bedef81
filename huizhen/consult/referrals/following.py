"""A consent for a referral opens the material of the consultation it comes from, and only that."""

from django.db.models import F, QuerySet

from huizhen.consult.joint.laying import list_laid
from huizhen.consult.joint.models import Material
from huizhen.consult.referrals.queries import following
from huizhen.records.consent.queries import add_following, add_laid


def list_sent_along(what: str) -> QuerySet[Material]:
    """The same materials, laid before each referral of the consultation."""
    return list_laid(what).annotate(laid_case=F("application__referrals__case_id"))


def install() -> None:
    """Say so from here on; called once by `config.wiring`."""
    add_following(following)
    add_laid(list_sent_along)
