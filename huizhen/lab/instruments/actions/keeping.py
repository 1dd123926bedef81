"""Writes of instruments: keeping what came, noting what was understood, and what they are."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from huizhen.kernel import audit, crypto, ids, outbox, pulse
from huizhen.kernel.access import Actor
from huizhen.kernel.crypto.sealed import SealedBytes
from huizhen.kernel.line import ask, put
from huizhen.lab.instruments import rules
from huizhen.lab.instruments.in_use import get_profile
from huizhen.lab.instruments.models import Instrument, RawMessage, State
from huizhen.lab.instruments.queries import CHANNEL, WHOLE, hour_of
from huizhen.lab.instruments.received import Kept, Noted, Received
from huizhen.lab.instruments.refused import Refused

PURPOSE = "lab.instruments.message"
SEALED_AS = "lab_rawmessage.payload"
MATCH = "lab.instruments.match"  # the job that reads kept messages; its queueing lock has the same name

# A sound copy of what was set aside because not all of it came makes it whole: such a row is written like the copy.
KEEP = """
    INSERT INTO lab_rawmessage (id, received_at, instrument_id, sender, protocol, peer, payload, size, digest, state,
        problems, repeats, read_as, readings)
    SELECT id, at, instrument, sender, protocol, peer, payload, size, digest, state,
        string_to_array(problems, E'\\n'), repeats, '', 0
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::int[],
        %s::bytea[], %s::text[], %s::text[], %s::int[])
        AS m(id, at, instrument, sender, protocol, peer, payload, size, digest, state, problems, repeats)
    ON CONFLICT (sender, digest) DO UPDATE
        SET repeats = lab_rawmessage.repeats + excluded.repeats + 1, repeated_at = excluded.received_at,
            (state, problems) = (
                SELECT CASE WHEN is_mended THEN excluded.state ELSE lab_rawmessage.state END,
                       CASE WHEN is_mended THEN excluded.problems ELSE lab_rawmessage.problems END
                  FROM (SELECT lab_rawmessage.state IN ('set_aside', 'unclaimed')
                               AND lab_rawmessage.problems && %s::varchar[] AND NOT excluded.problems && %s::varchar[]
                               AS is_mended) found)
    RETURNING sender, digest, id, xmax = 0
"""
COUNT = """
    INSERT INTO lab_instrumenthour (instrument_id, hour, messages, problems)
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[], %s::int[])
    ON CONFLICT (instrument_id, hour) DO UPDATE SET messages = lab_instrumenthour.messages + excluded.messages,
        problems = lab_instrumenthour.problems + excluded.problems
"""
# Only a message that is still kept changes, so that reading twice notes once.
UNDERSTOOD = """
    UPDATE lab_rawmessage m SET state = n.state, problems = m.problems || string_to_array(n.problems, E'\\n'),
        read_as = n.read_as, read_at = %s, readings = n.readings
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::int[]) AS n(id, state, problems, read_as, readings)
    WHERE m.id = n.id AND m.state = 'kept'
    RETURNING CASE WHEN cardinality(m.problems) > 0 THEN m.instrument_id END
"""
FORGOTTEN = """
    UPDATE lab_rawmessage SET payload = ''::bytea, forgotten_at = %s WHERE id = ANY(%s) AND forgotten_at IS NULL
"""


def keep_messages(batch: Sequence[Received], *, at: datetime) -> list[Kept]:
    """Store messages in one transaction, in order; when this returns they are on disk and may be acknowledged.

    The same content from the same sender is the same message: it is counted, and its first id returned. Where an
    earlier copy was cut and this one is sound, the message stands as this one does.
    """
    if not batch:
        return []
    digests = [crypto.mac(message.payload, purpose=PURPOSE) for message in batch]
    keys = [(message.sender, digest) for message, digest in zip(batch, digests, strict=True)]
    first: dict[tuple[str, bytes], int] = {}
    best: dict[tuple[str, bytes], Received] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
        if key not in best or rules.is_broken(best[key].problems):
            best[key] = batch[place]
    seen = Counter(keys)
    rows = [_row(one, key[1], seen[key] - 1) for key, one in best.items()]
    with transaction.atomic(), connection.cursor() as cursor:
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(KEEP, [*columns, sorted(rules.CUT), sorted(rules.BROKEN)])
        stored = {(sender, bytes(digest)): (key, fresh) for sender, digest, key, fresh in cursor.fetchall()}
        _count_hours([best[key] for key, (_, fresh) in stored.items() if fresh])
        pulse.beat((CHANNEL, int(at.timestamp() * 1000)))
    return [Kept(stored[key][0], stored[key][1] and first[key] == place) for place, key in enumerate(keys)]


def _row(message: Received, digest: bytes, more: int) -> tuple[Any, ...]:
    key = ids.new_id()
    return (
        key, message.at, message.instrument_id, message.sender, message.protocol, message.peer,
        SealedBytes.close(message.payload, SEALED_AS, key), len(message.payload), digest, message.state,
        "\n".join(message.problems), more,
    )  # fmt: skip


def _count_hours(fresh: Sequence[Received]) -> None:
    counted = Counter((m.instrument_id, hour_of(m.at)) for m in fresh if m.instrument_id)
    bad = Counter((m.instrument_id, hour_of(m.at)) for m in fresh if m.instrument_id and m.problems)
    _count([(*key, counted[key], bad[key]) for key in sorted(counted, key=str)])


def _count(rows: Sequence[tuple[UUID, datetime, int, int]]) -> None:
    """Add messages and problems to an instrument's hours."""
    if rows:
        put(COUNT, [list(column) for column in zip(*rows, strict=True)])


def wake_matcher() -> None:
    """Have kept messages read: one job at a time, and one that waits however often this is called. After the commit.

    Losing a wake does no harm: a periodic job looks too.
    """
    outbox.defer_once(MATCH, lock=MATCH, queue=outbox.STEADY)


def note_understood(noted: Sequence[Noted], *, at: datetime) -> None:
    """Mark messages as read, or as set aside. In the caller's transaction, beside the observations they gave."""
    if not noted:
        return
    columns = [
        [one.message_id for one in noted],
        [(State.SET_ASIDE if one.is_set_aside else State.UNDERSTOOD).value for one in noted],
        ["\n".join(one.problems) for one in noted],
        [one.read_as for one in noted],
        [one.readings for one in noted],
    ]
    with transaction.atomic():
        bad = Counter(row[0] for row in ask(UNDERSTOOD, [at, *columns]) if row[0])
        _count([(key, hour_of(at), 0, bad[key]) for key in sorted(bad, key=str)])
        pulse.beat((CHANNEL, int(at.timestamp() * 1000)))


def forget_payloads(message_ids: Sequence[UUID], *, at: datetime) -> None:
    """Delete the bytes of messages, in the caller's transaction. Their digests stay, so that a resend is still
    recognised, and what was understood stays."""
    put(FORGOTTEN, [at, list(message_ids)])


def claim_sender(instrument: Instrument, sender: str, *, at: datetime) -> int:
    """Give the messages of an unknown sender to an instrument that was registered for it; how many there were.

    What the instrument sent again since then is the same message and is not read twice; what came cut from it and
    whole from the sender is read now.
    """
    with transaction.atomic():
        waiting = RawMessage.objects.select_for_update().filter(state=State.UNCLAIMED, sender=sender)
        sent = RawMessage.objects.filter(sender=str(instrument.id), digest__in=waiting.values("digest"))
        known = {bytes(digest) for digest in sent.values_list("digest", flat=True)}
        whole = [bytes(row.digest) for row in waiting.defer("payload") if not rules.is_broken(row.problems)]
        cut = sent.filter(state=State.SET_ASIDE, problems__overlap=sorted(rules.CUT), digest__in=whole)
        cut.update(state=State.KEPT, problems=[])
        moved = [row for row in waiting.defer("payload") if bytes(row.digest) not in known]
        for state, is_broken in ((State.KEPT, False), (State.SET_ASIDE, True)):
            mine = [row.id for row in moved if rules.is_broken(row.problems) is is_broken]
            RawMessage.objects.filter(id__in=mine).update(state=state, instrument=instrument, sender=str(instrument.id))
    wake_matcher()
    return len(moved)


def save_instrument(instrument: Instrument, *, actor: Actor, at: datetime) -> Instrument:
    """Register an instrument or change one. The caller has checked that the actor may manage its organisation.

    Raises:
        Refused: `address` known_by_nothing or taken; `name` taken; `profile` unknown where the instrument stands.
    """
    if not (instrument.address or instrument.identity or instrument.port):
        raise Refused("address", "known_by_nothing")
    if get_profile(instrument) is None:
        raise Refused("profile", "unknown")
    others = Instrument.objects.exclude(id=instrument.id)
    if others.filter(organisation_id=instrument.organisation_id, name=instrument.name).exists():
        raise Refused("name", "taken")
    same = {name: getattr(instrument, name) for name in ("link", "address", "port", "identity")}
    if instrument.is_active and others.filter(is_active=True, **same).exists():
        raise Refused("address", "taken")
    with transaction.atomic():
        instrument.save()
        _audit(actor, "instrument_saved", instrument, at)
    return instrument


def read_again(instrument: Instrument, message_ids: Sequence[UUID], *, actor: Actor, at: datetime) -> int:
    """Have stored messages read anew by the profile now in use; how many. What they gave before is superseded there.
    What did not come whole is never read."""
    with transaction.atomic():
        found = RawMessage.objects.filter(
            WHOLE,
            id__in=list(message_ids),
            instrument=instrument,
            state__in=[State.UNDERSTOOD, State.SET_ASIDE],
            forgotten_at=None,
        )
        count = found.update(state=State.KEPT, problems=[], readings=0)
        _audit(actor, "read_again", instrument, at)
    wake_matcher()
    return count


def _audit(actor: Actor, what: str, instrument: Instrument, at: datetime) -> None:
    audit.record(
        actor, f"lab.instruments.{what}", subject_kind="instrument", subject_id=instrument.id,
        organisation_id=instrument.organisation_id, at=at,
    )  # fmt: skip
