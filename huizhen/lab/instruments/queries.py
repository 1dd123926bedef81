"""Reads of instruments and of what they sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from huizhen.kernel.statements import ask
from huizhen.lab.instruments import rules
from huizhen.lab.instruments.codecs import charset
from huizhen.lab.instruments.in_use import InUse, get_profile
from huizhen.lab.instruments.models import (
    DownloadState,
    Instrument,
    InstrumentHour,
    Link,
    OrderDownload,
    RawMessage,
    RequestState,
    ResultRequest,
    State,
)
from huizhen.lab.instruments.profile import Profile
from huizhen.lab.instruments.reading import read
from huizhen.lab.instruments.readings import Understood
from huizhen.people.organisations.queries import below

PAGE = 50
LATEST = 200
LAST_PROBLEMS = """
SELECT i.id, m.problems FROM unnest(%s::uuid[]) AS i(id) CROSS JOIN LATERAL (
       SELECT problems FROM (SELECT id, problems FROM lab_rawmessage WHERE instrument_id = i.id
                              ORDER BY id DESC LIMIT %s) latest
        WHERE cardinality(problems) > 0 ORDER BY id DESC LIMIT 1) m
"""
# What may be read: all of it came. Where reading itself found no ASTM (`read_at`), another profile may find what it is.
WHOLE = ~Q(problems__overlap=sorted(rules.CUT)) & ~Q(problems__contains=["not_astm"], read_at=None)
CHANNEL = "lab:instruments"  # beaten when something came, was read, or changed
LINKS = Link.choices
STATES = State.choices


def claim_pending(limit: int) -> list[RawMessage]:
    """Lock and return kept messages, the oldest first, that nobody else is reading. Within the caller's transaction.

    Each comes with its `instrument`. The lock ends with the transaction: whoever dies gives them back.
    """
    found = RawMessage.objects.filter(state=State.KEPT).select_related("instrument").order_by("id")
    return list(found.select_for_update(skip_locked=True, of=("self",))[:limit])


def list_pending(limit: int) -> list[RawMessage]:
    """Kept messages that wait to be read, the oldest first; to look at, without a lock."""
    return list(RawMessage.objects.filter(state=State.KEPT).select_related("instrument").order_by("id")[:limit])


def count_pending() -> int:
    """How many messages wait to be read."""
    return RawMessage.objects.filter(state=State.KEPT).count()


def active_instruments() -> list[Instrument]:
    """Every instrument in use; what the intake process knows senders by."""
    return list(Instrument.objects.filter(is_active=True).order_by("id"))


def list_wanting_orders(laboratory_id: UUID) -> list[Instrument]:
    """The instruments in use of a laboratory, and below it, that want orders sent to them."""
    found = Instrument.objects.filter(organisation_id__in=below(laboratory_id), is_active=True, wants_orders=True)
    return list(found.order_by("id"))


def instruments_of(organisation_ids: Iterable[UUID]) -> QuerySet[Instrument]:
    """The instruments at these places, by name, each with `last_at` and `last_id` of its newest message."""
    newest = RawMessage.objects.filter(instrument=OuterRef("pk")).order_by("-id")
    return (
        Instrument.objects.filter(organisation_id__in=list(organisation_ids))
        .select_related("organisation")
        .annotate(last_at=Subquery(newest.values("received_at")[:1]), last_id=Subquery(newest.values("id")[:1]))
        .order_by("organisation__name", "name")
    )


def counts_since(instrument_ids: Sequence[UUID], since: datetime) -> dict[UUID, tuple[int, int]]:
    """Messages and messages with problems of each instrument in the hours since then."""
    rows = InstrumentHour.objects.filter(instrument_id__in=instrument_ids, hour__gte=since)
    summed = rows.values("instrument_id").annotate(heard=Sum("messages"), bad=Sum("problems"))
    return {row["instrument_id"]: (row["heard"], row["bad"]) for row in summed}


def hours_of(instrument_ids: Sequence[UUID], since: datetime) -> dict[UUID, dict[datetime, int]]:
    """Messages of each instrument by hour since then; hours without any are left out."""
    found: dict[UUID, dict[datetime, int]] = {key: {} for key in instrument_ids}
    rows = InstrumentHour.objects.filter(instrument_id__in=instrument_ids, hour__gte=since)
    for key, hour, messages in rows.values_list("instrument_id", "hour", "messages"):
        found[key][hour] = messages
    return found


def list_last_problems(instrument_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The problems of each instrument's newest message that has any, among its last few: what goes wrong just now."""
    if not instrument_ids:
        return {}
    return {key: list(codes) for key, codes in ask(LAST_PROBLEMS, [list(instrument_ids), LATEST])}


def last_heard(instrument_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each instrument was last heard; those never heard are left out."""
    newest = RawMessage.objects.filter(instrument=OuterRef("pk")).order_by("-id").values("received_at")[:1]
    found = Instrument.objects.filter(id__in=instrument_ids).annotate(last_at=Subquery(newest))
    return {row.id: row.last_at for row in found if row.last_at}


def messages_of(
    instrument_id: UUID, *, state: str = "", before: UUID | None = None, limit: int = PAGE
) -> list[RawMessage]:
    """Messages of an instrument, the newest first; `before` continues after the last one shown."""
    found = RawMessage.objects.filter(instrument_id=instrument_id).order_by("-id").defer("payload")
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(id__lt=before)
    return list(found[:limit])


def list_unknown_senders() -> list[dict[str, Any]]:
    """Senders nobody has registered: `sender`, `protocol`, `count`, `last_at`, the newest first."""
    found = RawMessage.objects.filter(state=State.UNCLAIMED).values("sender", "protocol")
    return list(found.annotate(count=Count("id"), last_at=Max("received_at")).order_by("-last_at"))  # type: ignore[arg-type]  # plain dictionaries


def hour_of(at: datetime) -> datetime:
    """The full hour a moment lies in."""
    return at - timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def newest_with_payload(
    instrument_id: UUID, limit: int, *, until: UUID | None = None, after: UUID | None = None
) -> list[RawMessage]:
    """The newest messages of an instrument that came whole, with their bytes, for a replay; up to one of them, or only
    what came after it. The caller has checked access."""
    found = RawMessage.objects.filter(WHOLE, instrument_id=instrument_id, forgotten_at=None)
    found = found.filter(id__lte=until) if until else found
    return list((found.filter(id__gt=after) if after else found).order_by("-id")[:limit])


def count_strangers() -> int:
    """How many messages of unknown senders wait."""
    return RawMessage.objects.filter(state=State.UNCLAIMED).count()


def count_pending_of(instrument_ids: Sequence[UUID]) -> int:
    """How many messages of these instruments wait to be read."""
    return RawMessage.objects.filter(state=State.KEPT, instrument_id__in=instrument_ids).count()


def new_instrument(sender: str = "") -> Instrument:
    """An instrument to be registered, filled with what an unknown sender's messages tell of it."""
    address, _, identity = sender.partition(" ")
    found = RawMessage.objects.filter(state=State.UNCLAIMED, sender=sender).first() if sender else None
    protocol = found.protocol if found else "hl7"
    return Instrument(address=address, identity=identity, name=identity, profile=protocol)


def text_of(payload: bytes) -> str:
    """A message as text, whatever letters it uses."""
    return charset.decode(payload)[0]


def understand(message: RawMessage) -> tuple[Understood, Profile | None]:
    """What a stored message says by the profile in use; nothing where it came broken, or its bytes were deleted. The
    caller has checked access."""
    if message.forgotten_at is not None:
        return Understood(), None
    profile = get_profile(message.instrument) if message.instrument else None
    if profile is None or (message.read_at is None and rules.is_broken(message.problems)):
        return Understood(), profile
    return read(message.payload, profile), profile


def list_waiting() -> list[UUID]:
    """Questions to instruments that have not come to their end, the oldest first."""
    ended = (RequestState.ANSWERED, RequestState.EXPIRED)
    return list(ResultRequest.objects.exclude(state__in=ended).order_by("asked_at").values_list("id", flat=True))


def list_resent(instrument_id: UUID, since: datetime, limit: int = 50) -> list[RawMessage]:
    """Messages that an instrument has sent once more since then, with their bytes, the latest first."""
    found = RawMessage.objects.filter(instrument_id=instrument_id, repeated_at__gte=since, forgotten_at=None)
    return list(found.order_by("-repeated_at")[:limit])


def list_named(instrument_id: UUID, since: datetime, limit: int = 20) -> list[str]:
    """The specimens that messages name which were set aside as a whole since then, of the latest ones. Of broken ones
    too: their names are only asked for, no value of theirs counts."""
    found = RawMessage.objects.filter(
        instrument_id=instrument_id, state=State.SET_ASIDE, received_at__gt=since, forgotten_at=None
    )
    latest = found.select_related("instrument").order_by("-id")[:limit]
    profiles = InUse(message.instrument for message in latest if message.instrument)
    read_by = [(one, profiles.of(one.instrument)) for one in latest if one.instrument]
    named = {found.specimen for one, profile in read_by if profile for found in read(one.payload, profile).readings}
    return sorted(named - {""})


def list_requests(specimens: Iterable[str], limit: int = 30) -> list[ResultRequest]:
    """What instruments were asked for these specimens, the latest first. The caller has checked access to each."""
    found = ResultRequest.objects.filter(specimen__in=list(specimens)).select_related("instrument", "asked_by")
    return list(found.order_by("-asked_at")[:limit])


def list_requests_to(instrument_ids: Iterable[UUID], since: datetime, limit: int = 30) -> list[ResultRequest]:
    """What these instruments were asked since then, the latest first. The caller has checked access to them."""
    found = ResultRequest.objects.filter(instrument_id__in=list(instrument_ids), asked_at__gte=since)
    return list(found.select_related("instrument", "asked_by").order_by("-asked_at")[:limit])


def list_not_taken(instrument_id: UUID, since: datetime, limit: int = 20) -> list[OrderDownload]:
    """Orders, and the calling off of orders, that this instrument did not take since then, the latest first. The caller
    has checked access to it."""
    found = OrderDownload.objects.filter(instrument_id=instrument_id, state=DownloadState.FAILED, tried_at__gte=since)
    return list(found.order_by("-tried_at")[:limit])


def list_askable(instrument_ids: Iterable[UUID]) -> list[Instrument]:
    """Those of these instruments in use that can be asked for results once more, each with `means` of doing it."""
    found = list(Instrument.objects.filter(id__in=list(instrument_ids), is_active=True).order_by("name"))
    profiles = InUse(found)
    for one in found:
        profile = profiles.of(one)
        one.means = profile.asks if profile else ""
    return [one for one in found if one.means]
