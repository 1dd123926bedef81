"""`huizhen audit verify`: walk the chain from its first seal and name everything that does not fit."""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from huizhen.kernel.audit.chain import DIGEST_BYTES, GENESIS, digest, seal_hash, select
from huizhen.kernel.audit.gathering import gather
from huizhen.kernel.audit.models import AuditSeal
from huizhen.kernel.audit.waiting import list_elsewhere, list_missing, list_waiting

LIMIT = 2**63 - 1


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit. `kind`: changed, missing, inserted (an entry), seal_changed, seal_missing,
    cut_off (a seal or the head an auditor keeps), journal_missing. `number` is the entry's id or the seal's number."""

    kind: str
    number: int
    says: str


@dataclass
class Walk:
    """What the walk carries from seal to seal."""

    number: int = 0
    hash: bytes = GENESIS
    cluster: str = ""
    base_id: int = 0
    below_xid: int = 0
    max_id: int = 0
    fresh: bool = True


def head() -> str:
    """The newest seal as `number:hash`, for an auditor to keep outside; `0:` and zeros before the first."""
    last = AuditSeal.objects.order_by("-number").first()
    return str(last) if last else f"0:{GENESIS.hex()}"


def verify(kept: str = "") -> list[Fault]:
    """Everything wrong with the audit; an empty list when all is well.

    `kept` is a head printed earlier: that seal must still be there unchanged, which shows a chain cut off at its end.
    """
    walk, faults = Walk(), list[Fault]()
    uppers = _last_ids()
    for link in AuditSeal.objects.order_by("number").iterator(chunk_size=20):
        faults += _check_link(walk, link)
        faults += _check_entries(walk, link, uppers)
        walk = Walk(
            number=link.number,
            hash=bytes(link.hash),
            cluster=link.cluster,
            base_id=link.base_id,
            below_xid=link.below_xid,
            max_id=link.max_id,
            fresh=_moved(walk, link),
        )
    return faults + _check_kept(kept)


def command(write: Callable[[str], object], kept: str = "") -> int:
    """The command: print each fault and the head; the exit code is 1 where there are faults."""
    gather()
    faults = verify(kept) + [
        Fault(
            "journal_missing", 0, f"journal {key} was taken away from here before its end: its last reads may be lost"
        )
        for key in list_missing()
    ]
    for one in list_waiting():
        whose = "is not brought in yet" if one.known else "belongs to another database"
        write(f"journal {one.id}, {one.size} bytes, {whose}")
    for place, number in list_elsewhere():
        write(f"{number} journals at {place}: only there can they be brought in")
    for fault in faults:
        write(f"{fault.kind}: {fault.says}")
    write(f"{len(faults)} faults. Head, to be kept outside of this machine: {head()}")
    return 1 if faults else 0


def _check_link(walk: Walk, link: AuditSeal) -> Iterator[Fault]:
    for number in range(walk.number + 1, link.number):
        yield Fault("seal_missing", number, f"seal {number} is missing")
    fits = hmac.compare_digest(seal_hash(link), bytes(link.hash))
    # After a missing seal the chain is known to be broken; saying so of every later seal would hide what matters.
    follows = link.number != walk.number + 1 or bytes(link.previous) == walk.hash
    if not fits or not follows:
        yield Fault("seal_changed", link.number, f"seal {link.number} was changed, or does not follow its predecessor")


def _check_entries(walk: Walk, link: AuditSeal, uppers: dict[int, int]) -> Iterator[Fault]:
    digests = bytes(link.digests)
    expected = {
        entry_id: digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] for place, entry_id in enumerate(link.ids)
    }
    found = {row[0]: row for row in _covered(walk, link, uppers)}
    found |= {row[0]: row for row in select("id = ANY(%s)", [[key for key in expected if key not in found]])}
    for entry_id in sorted(expected.keys() | found.keys()):
        if entry_id not in found:
            yield Fault("missing", entry_id, f"entry {entry_id} of seal {link.number} is missing")
        elif entry_id not in expected:
            yield Fault("inserted", entry_id, f"entry {entry_id} was slipped in behind seal {link.number}")
        elif not hmac.compare_digest(digest(found[entry_id], link.algorithm), expected[entry_id]):
            yield Fault("changed", entry_id, f"entry {entry_id} of seal {link.number} was changed")


def _moved(walk: Walk, link: AuditSeal) -> bool:
    return bool(walk.cluster) and walk.cluster != link.cluster


def _covered(walk: Walk, link: AuditSeal, uppers: dict[int, int]) -> list[tuple[Any, ...]]:
    """The entries that stand where this seal says that nothing can appear any more."""
    if _moved(walk, link):
        bounds = [walk.base_id, link.base_id, walk.below_xid, walk.max_id]
        return select("id > %s AND id <= %s AND (xid >= %s OR id > %s)", bounds)
    # The first seal of a count reaches down to whatever number somebody may have invented.
    since = -LIMIT if walk.fresh else walk.below_xid
    bounds = [link.base_id, uppers.get(link.base_id, LIMIT), since, link.below_xid]
    return select("id > %s AND id <= %s AND xid >= %s AND xid < %s", bounds)


def _last_ids() -> dict[int, int]:
    """The highest sealed id of each count but the present one, by its base: later ids belong to the next count."""
    tops = dict(AuditSeal.objects.order_by().values_list("base_id").annotate(top=Max("max_id")))
    present = AuditSeal.objects.order_by("-number").values_list("base_id", flat=True).first()
    return {base: top for base, top in tops.items() if base != present}


def _check_kept(kept: str) -> list[Fault]:
    if not kept:
        return []
    number, _, digits = kept.partition(":")
    link = AuditSeal.objects.filter(number=int(number)).first()
    if int(number) == 0 or (link is not None and bytes(link.hash).hex() == digits):
        return []
    return [Fault("cut_off", int(number), f"the head you kept, {kept}, is not in the chain: cut or rewritten")]
