"""Making and revoking a link; sending the code and checking it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from huizhen.consult.joint.access import access_joint
from huizhen.consult.joint.families import rules
from huizhen.consult.joint.families.access import SHARE, access_link, digest_of, phone_key_of, token_of
from huizhen.consult.joint.families.models import FamilyLink
from huizhen.consult.joint.models import Application
from huizhen.kernel import audit, crypto
from huizhen.kernel.access import SYSTEM, Actor, NotVisible
from huizhen.kernel.flow.language import Refused
from huizhen.people.accounts import ports
from huizhen.people.accounts.rules import read_phone

CODE = "consult/families/code"


@transaction.atomic
def make_link(actor: Actor, case_id: UUID, *, name: str, phone: str, days: int, at: datetime) -> tuple[FamilyLink, str]:
    """Let a family member follow for some days; the link and its secret part, which is shown nowhere else. A phone has
    one living link: asked for again, it is the same one, under the name and for the days given now.

    Raises:
        NotVisible, NotAllowed; Refused `bad_length`, `no_name`, `too_many_links`, `case_closed`. ValueError: no
            mobile number.
    """
    # The case is held first: whoever stops standing for the patient meanwhile is seen to have stopped.
    Application.objects.select_for_update(of=("case",)).select_related("case").filter(case_id=case_id).first()
    application = access_joint(actor, case_id, to=SHARE).application
    if application.case.closed_at:
        raise Refused("case_closed")
    if days not in rules.DAYS:
        raise Refused("bad_length")
    if not name.strip():
        raise Refused("no_name")
    read = read_phone(phone)
    link = _get_standing(application, phone_key_of(read), at) or FamilyLink(application=application)
    token = token_of(link.id)
    link.name, link.phone, link.phone_key, link.digest = name.strip(), read, phone_key_of(read), digest_of(token)
    link.made_by_id, link.made_at, link.expires_at = actor.account, at, at + timedelta(days=days)
    link.save()
    _note(actor, "consult.joint.shared", link)
    return link, token


@transaction.atomic
def revoke_link(actor: Actor, case_id: UUID, link_id: UUID, *, at: datetime) -> None:
    """End a link at once; ended already, nothing happens.

    Raises:
        NotVisible, NotAllowed.
    """
    seen = access_joint(actor, case_id, to=SHARE)
    link = FamilyLink.objects.select_for_update().filter(application=seen.application, id=link_id).first()
    if link is None:
        raise NotVisible(link_id)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        _note(actor, "consult.joint.unshared", link)


@transaction.atomic
def revoke_links_of(application_id: UUID, account_ids: Collection[UUID], *, at: datetime) -> None:
    """End the standing links that these people made for a consultation, because they may no longer let others follow.
    None standing, nothing happens. The caller holds the case."""
    rows = FamilyLink.objects.filter(application_id=application_id, made_by_id__in=account_ids, revoked_at=None)
    for link in rows.filter(expires_at__gt=at).select_related("application__case").order_by("id"):
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        _note(SYSTEM, "consult.joint.unshared", link)


def send_code(token: str, *, language: str, at: datetime) -> None:
    """Send six digits to the phone the link was made for. The caller counts tries.

    Raises:
        NotVisible: no valid link.
    """
    code = rules.new_code()
    with transaction.atomic():
        link = FamilyLink.objects.select_for_update().get(id=access_link(token, at=at).id)
        link.code, link.code_until, link.tries = _digest(link, code), at + rules.CODE_LASTS, 0
        link.save(update_fields=["code", "code_until", "tries"])
    ports.code_sender().send_code(link.phone, code, language)


@transaction.atomic
def prove(token: str, code: str, *, at: datetime) -> UUID | None:
    """Check the digits; the link's id where they are right, else nothing. After five wrong tries, or ten minutes, the
    code is worth nothing, and each is good once.

    Raises:
        NotVisible: no valid link.
    """
    link = FamilyLink.objects.select_for_update().get(id=access_link(token, at=at).id)
    if not link.code or link.code_until is None or link.code_until <= at or link.tries >= rules.MOST_TRIES:
        return None
    right = bytes(link.code) == _digest(link, "".join(code.split()))
    link.tries += 1
    if right:
        link.code, link.looked_at = b"", at
    link.save(update_fields=["tries", "code", "looked_at"])
    return link.id if right else None


def _get_standing(application: Application, phone_key: bytes, at: datetime) -> FamilyLink | None:
    """The living link of this phone, if there is one.

    Raises:
        Refused `too_many_links`: there is none, and no room for another.
    """
    standing = FamilyLink.objects.filter(application=application, revoked_at=None, expires_at__gt=at)
    found = standing.filter(phone_key=phone_key).first()
    if found is None and standing.count() >= rules.MOST_LINKS:
        raise Refused("too_many_links")
    return found


def _digest(link: FamilyLink, code: str) -> bytes:
    return crypto.mac(f"{link.id}:{code}".encode(), purpose=CODE)


def _note(actor: Actor, action: str, link: FamilyLink) -> None:
    case = link.application.case
    audit.record(
        actor, action, subject_kind="family_link", subject_id=link.id, patient_id=link.application.patient_id,
        case_id=case.id, organisation_id=case.organisation_id,
    )  # fmt: skip
