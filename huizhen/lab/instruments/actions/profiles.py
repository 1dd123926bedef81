"""Putting a changed profile into use: for the instruments of one organisation, as its next version."""

import re
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from huizhen.kernel import audit
from huizhen.kernel.access import Actor
from huizhen.lab.instruments.access import access_owner
from huizhen.lab.instruments.in_use import get_profile, list_holders
from huizhen.lab.instruments.models import Instrument, ProfileVersion
from huizhen.lab.instruments.profile import BadProfile, Profile, new_profile
from huizhen.lab.instruments.queries import newest_with_payload
from huizhen.lab.instruments.refused import Refused
from huizhen.lab.instruments.replay import REPLAYED, compare, name_seen, sorts_of

# How the name of a preview begins: with the newest message that it was tried on.
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:")
# Held while a version is judged and stored: who comes second sees it, also where theirs would belong to another place.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('lab.profiles'), hashtext(%s))"


def save_profile(
    instrument: Instrument, text: str, *, owner: UUID, seen: str, actor: Actor, at: datetime
) -> ProfileVersion:
    """Put a changed profile into use as the next version of an organisation: for its instruments, and for those below
    it that have no nearer version, as far as they name this profile. `instrument` was loaded by `access_instrument(…,
    to=MANAGE)`; `seen` names what somebody looked at before (`access_replay`).

    Raises:
        NotVisible: the version cannot be this organisation's (`access_owner`).
        Refused: `text` bad (with what is wrong), other_name, or old_version: somebody was faster; `seen` other: this
            was never looked at, or what was looked at is not what would happen now.
    """
    access_owner(actor, instrument, owner)
    try:
        profile = new_profile(text)
    except BadProfile as error:
        raise Refused("text", "bad", str(error)) from error
    if profile.name != instrument.profile:
        raise Refused("text", "other_name")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME, [profile.name])
        _check(instrument, profile, text, owner, seen)
        made = ProfileVersion.objects.create(
            organisation_id=owner, name=profile.name, version=profile.version, text=text,
            made_by_id=actor.account_id, made_at=at,
        )  # fmt: skip
        audit.record(
            actor, "lab.instruments.profile_saved", subject_kind="instrument", subject_id=instrument.id,
            organisation_id=owner, data={"profile": profile.label}, at=at,
        )  # fmt: skip
    return made


def _check(instrument: Instrument, profile: Profile, text: str, owner: UUID, seen: str) -> None:
    current = get_profile(instrument)
    if current and profile.version != current.version + 1:
        raise Refused("text", "old_version", str(current.version + 1))
    # Where a nearer organisation has its own meanwhile, this version would not hold for what it was tried on.
    if owner not in list_holders(instrument) or not _is_as_seen(instrument, current, profile, text, owner, seen):
        raise Refused("seen", "other")


def _is_as_seen(
    instrument: Instrument, before: Profile | None, after: Profile, text: str, owner: UUID, seen: str
) -> bool:  # fmt: skip
    """Whether this text was tried on the messages that are there, with the profile in use; and whether what came since
    would be read otherwise only in ways that were looked at."""
    newest = UUID(seen[:36]) if KEY.match(seen) else None
    tried = newest_with_payload(instrument.id, REPLAYED, until=newest) if newest else []
    if name_seen(tried, before, text, owner) != seen:
        return False
    since = newest_with_payload(instrument.id, REPLAYED, after=newest)
    used = before or after
    return sorts_of(compare(since, used, after)) <= sorts_of(compare(tried, used, after))
