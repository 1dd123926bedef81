"""A list of persons (Excel or CSV) registered before they come: checked first, then registered, in parts. Each part is
one transaction that also notes how far it came, so that nothing is done twice and whoever dies is gone on for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huizhen.kernel import crypto, outbox
from huizhen.kernel.access import Actor, NotAllowed, NotVisible
from huizhen.lab.refused import Refused
from huizhen.lab.specimens import roster
from huizhen.lab.specimens.access import access_site
from huizhen.lab.specimens.actions.registering import find_or_register_all
from huizhen.lab.specimens.models import PersonList, Site, Step
from huizhen.lab.specimens.roster import Row
from huizhen.people.accounts.queries import get_actor

PART = 500
MOST_FAULTS = 2000  # named one by one; more are counted
HANDED_IN = "lab.specimens.list_handed_in"
PURPOSE = "lab.specimens.list"


def take_list(site: Site, data: bytes, name: str, *, actor: Actor, at: datetime) -> PersonList:
    """Keep a list and have it checked; `site` was loaded by `access_site`. The same file again is the same list,
    wherever it stands; one that was stopped begins anew. Emits `lab.specimens.list_handed_in`.

    Raises:
        Refused: `file`: it cannot be read, or does not say which column is what.
    """
    rows = sum(1 for _row in roster.read_list(data, name))
    if not rows:
        raise Refused({"file": "empty_list"})
    given = {"name": name[-200:], "content": data, "rows": rows, "asked_by_id": actor.account_id, "asked_at": at}
    with transaction.atomic():
        digest = crypto.mac(data, purpose=PURPOSE)
        held, is_new = PersonList.objects.select_for_update().get_or_create(site=site, digest=digest, defaults=given)
        if held.stopped:
            _begin(held, Step.CHECK, actor, at)
            held.content, held.stopped, is_new = data, "", True
            held.save()
        if is_new:
            outbox.emit(HANDED_IN, list=str(held.id))
    return held


def _begin(held: PersonList, step: Step, actor: Actor, at: datetime) -> None:
    held.step, held.ended_at, held.faults = step, None, {}
    held.done = held.new = held.known = held.bad = 0
    held.asked_by_id, held.asked_at = actor.account_id, at


def register_list(held: PersonList, *, actor: Actor, at: datetime) -> PersonList:
    """Have the persons of a list that was checked registered. Asked twice, it is done once."""
    with transaction.atomic():
        row = PersonList.objects.select_for_update().get(id=held.id)
        if row.step == Step.CHECK and row.ended_at is not None and not row.stopped:
            _begin(row, Step.REGISTER, actor, at)
            row.save()
            outbox.emit(HANDED_IN, list=str(row.id))
    return row


def work_on_list(list_id: UUID, rows: Sequence[Row], *, at: datetime) -> bool:
    """Work off the next part of a list, whose rows are given; whether anything is left for this worker. What is only
    checked is done all the same, and taken back."""
    with transaction.atomic():
        waiting = PersonList.objects.defer("content").filter(id=list_id, ended_at=None).select_related("asked_by")
        held = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if held is None:
            return False
        try:
            actor = get_actor(held.asked_by)
            site = access_site(actor, held.site_id)
            with transaction.atomic():
                _work(held, site, rows, actor, at)
                transaction.set_rollback(held.step == Step.CHECK)
        except (NotAllowed, NotVisible):
            held.stopped = "not_allowed"
        if held.done >= held.rows or held.stopped:
            held.ended_at = at
            if held.step == Step.REGISTER or held.stopped:
                PersonList.objects.filter(id=list_id).update(content=b"")
        held.save(update_fields=["done", "new", "known", "bad", "faults", "stopped", "ended_at"])
    return held.ended_at is None


def _work(held: PersonList, site: Site, rows: Sequence[Row], actor: Actor, at: datetime) -> None:
    """Count only what was done to the end: `held` changes with the last row of the part."""
    part = rows[held.done : held.done + PART]
    done = find_or_register_all(site.organisation_id, [row.entry for row in part], actor=actor, at=at)
    faults = {str(row.number): one.errors for row, one in zip(part, done, strict=True) if one.errors}
    known = sum(not one.errors and (one.is_known or row.first < held.done) for row, one in zip(part, done, strict=True))
    held.done, held.known, held.bad = held.done + len(part), held.known + known, held.bad + len(faults)
    held.new += len(part) - known - len(faults)
    room = max(0, MOST_FAULTS - len(held.faults))
    held.faults = {**held.faults, **dict(list(faults.items())[:room])}
