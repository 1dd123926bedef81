"""The demonstration's instruments, invented: one that works, one that is silent, one that cannot be reached, and a
sender nobody has registered. `huizhen simulate-instrument` makes the first speak again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from huizhen.lab.instruments import actions, fakes, reading
from huizhen.lab.instruments.intake.senders import identity_of, stranger
from huizhen.lab.instruments.models import Instrument, InstrumentHour, LinkState, RawMessage, State
from huizhen.lab.instruments.profile import shipped
from huizhen.lab.instruments.queries import hour_of
from huizhen.lab.instruments.received import Noted, Received
from huizhen.people.organisations.models import Organisation

PLACE = "QS-1"  # the county hospital, whose specimens `lab.demo` collects
SILENT_FOR = timedelta(hours=5)
HABIT_HOURS = 14 * 24


def load(at: datetime) -> Iterator[str]:
    """Make what is missing; a second run changes nothing."""
    place = Organisation.objects.get(code=PLACE)
    if not Instrument.objects.filter(organisation=place).exists():
        load_instruments(place, at=at)
    yield "huizhen simulate-instrument mllp   sends a result of the instrument 荧光 PCR 仪 1"


def load_instruments(place: Organisation, *, at: datetime) -> RawMessage:
    """The instruments of one place with a morning's messages; returns a message that was understood."""
    pcr = _make(place, "荧光 PCR 仪 1", "roche-cobas-6800", identity="SIMPCR", state=LinkState.OPEN, at=at)
    blood = _make(place, "血球仪 2", "sysmex-xn", identity="SIMCOUNT", state=LinkState.CLOSED, at=at)
    _make(place, "急诊生化仪", "astm", link="called", address="192.0.2.17:4000", state=LinkState.FAILING, at=at)
    first = _send(pcr, [["POOL-0001", "POOL-0002"], ["POOL-0004"]], at=at - timedelta(minutes=3))
    _send(blood, [["CBC-0001"]], at=at - SILENT_FOR)
    Instrument.objects.filter(id=blood.id).update(silent_since=at - SILENT_FOR)
    InstrumentHour.objects.bulk_create(
        [
            InstrumentHour(instrument=one, hour=hour_of(at) - timedelta(hours=back), messages=number)
            for back in range(1, HABIT_HOURS)
            for one, number in ((pcr, 40 + back * 7 % 23), (blood, 12 if timedelta(hours=back) > SILENT_FOR else 0))
            if number
        ],
        ignore_conflicts=True,
    )
    unknown = fakes.hl7_message(["X-1"], name="NEWPCR")
    sender = stranger("192.0.2.40", identity_of(unknown))
    actions.keep_messages([_received(None, sender, unknown, at, State.UNCLAIMED)], at=at)
    return first


def _make(
    place: Organisation, name: str, profile: str, *, state: str, at: datetime, link: str = "calls", address: str = "",
    identity: str = "",
) -> Instrument:  # fmt: skip
    return Instrument.objects.create(
        organisation=place, name=name, profile=profile, link=link, address=address, identity=identity,
        link_state=state, link_since=at,
    )  # fmt: skip


def _send(one: Instrument, runs: list[list[str]], *, at: datetime) -> RawMessage:
    moods = [frozenset({"elsewhere"}), frozenset({"failure"})]
    payloads = [fakes.hl7_message(run, mood) for run, mood in zip(runs, moods, strict=False)]
    if one.profile == "sysmex-xn":
        line = f"H|\\^&|||SIMCOUNT\rP|1\rO|1||^^{runs[0][0]:>22}^M\rR|1|^^^^WBC^1|6.4|10*3/uL||N||F\rL|1|N\r"
        payloads = [line.encode()]
    kept = actions.keep_messages([_received(one, str(one.id), payload, at, State.KEPT) for payload in payloads], at=at)
    profile = shipped(one.profile)
    if profile:
        found = [reading.read(payload, profile) for payload in payloads]
        noted = [
            Noted(stored.id, len(said.readings), said.problems, profile.label)
            for stored, said in zip(kept, found, strict=True)
        ]
        actions.note_understood(noted, at=at)
    return RawMessage.objects.get(id=kept[0].id)


def _received(one: Instrument | None, sender: str, payload: bytes, at: datetime, state: str) -> Received:
    protocol = "hl7" if payload.startswith(b"MSH") else "astm"
    return Received(sender, one.id if one else None, protocol, "192.0.2.40:51000", payload, at, state)
