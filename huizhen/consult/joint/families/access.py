"""Who may let family members follow, and the way in for those who have a link."""

from base64 import urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.families.rules import mask_name
from huizhen.kernel import audit, crypto
from huizhen.kernel.access import Actor, NotVisible, grant

SHARE = grant(
    "consult:joint:share", team_roles=("coordinator", "team_lead"), participants=("applicant", "patient", "family")
)
LINK = "consult/families/link"
OF_KEY = "consult/families/of key"
PHONE = "consult.family_link.phone"


def token_of(link_id: UUID) -> str:
    """A link's secret part, 128 bits: made of its key by ours, so asking twice gives the same and no table has it."""
    return urlsafe_b64encode(crypto.mac(link_id.bytes, purpose=OF_KEY)[:16]).rstrip(b"=").decode()


def phone_key_of(phone: str) -> bytes:
    """By what a phone's link is found again."""
    return crypto.blind(phone, purpose=PHONE)


def digest_of(token: str) -> bytes:
    """What the table knows of a link."""
    return crypto.mac(token.encode(), purpose=LINK)


def access_link(token: str, *, at: datetime) -> FamilyLink:
    """A link that is valid now.

    Raises:
        NotVisible: unknown, expired or revoked; which of these is not said.
    """
    rows = FamilyLink.objects.select_related("application__case", "application__patient")
    link = rows.filter(digest=digest_of(token), revoked_at=None, expires_at__gt=at).first()
    if link is None:
        raise NotVisible(token[:4])
    return link


def access_progress(token: str, link_id: UUID, *, at: datetime, origin: dict[str, str]) -> FamilyLink:
    """The link of somebody who has proved the phone; the look is written into the patient's audit.

    Raises:
        NotVisible: as `access_link`, or the proof was given for another link.
    """
    link = access_link(token, at=at)
    if link.id != link_id:
        raise NotVisible(link_id)
    case = link.application.case
    audit.record(
        Actor(None, name=mask_name(link.name), origin=origin), "consult.joint.followed", subject_kind="family_link",
        subject_id=link.id, patient_id=link.application.patient_id, case_id=case.id,
        organisation_id=case.organisation_id,
    )  # fmt: skip
    return link
