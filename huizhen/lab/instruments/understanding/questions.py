"""Questions of instruments, "what is to be done with this specimen?", and their answers in the same language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from huizhen.lab.instruments.codecs import astm_records, hl7
from huizhen.lab.instruments.codecs.acknowledging import US, header_to
from huizhen.lab.instruments.ports import Order
from huizhen.lab.instruments.profile import Profile, Spot, spot

Found = dict[str, tuple[Order, ...]]  # the orders of each specimen asked for
ACKNOWLEDGED = frozenset({"ACK", "ORL"})
ANSWERS = frozenset({"RSP", "ORF"})
NONE_THERE = frozenset("IQ")  # L-3: no information, or not understood


TOOK = frozenset({"AA", "CA"})
REFUSED = frozenset({"AE", "AR", "CE", "CR"})
UNABLE = {"UA": "orders_refused", "UC": "not_cancelled"}  # ORC-1 (table 0119) of an answer to orders


class Why(Enum):
    """What an order is sent for: it is new, its results are wanted once more, or it is called off."""

    NEW = "new"
    AGAIN = "again"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Question:
    """Which specimens are asked for, in order."""

    specimens: tuple[str, ...]


def astm_question(payload: bytes, profile: Profile | None) -> Question | None:
    """What the Q records of a message ask for; `None` where there are none."""
    if b"\rQ" not in payload and b"\nQ" not in payload:
        return None
    try:
        message = astm_records.parse(payload)
    except astm_records.NotASTM:
        return None
    places = _places(profile, ("Q-3.2", "Q-3.1"))
    asked = [record for record in message.records if record[0] == "Q"]
    found = [next((text for place in places if (text := _of(message, record, place))), "") for record in asked]
    return Question(tuple(filter(None, found))) if asked else None


def _places(profile: Profile | None, default: Sequence[str]) -> list[Spot]:
    given = profile.orders.get("asked", default) if profile else default
    return [spot(path) for path in given]


def _of(message: astm_records.Message, record: list[str], place: Spot) -> str:
    return message.text(record, place.number, place.component).strip()


def download_of(
    orders: Sequence[Order], profile: Profile, new_id: Callable[[], str], *, at: datetime, why: Why = Why.NEW
) -> bytes:
    """Orders of one specimen as a message that was not asked for: ASTM, or OML^O33 (IHE LAB-28)."""
    found: Found = {orders[0].specimen: tuple(orders)}
    code = _code(why, profile)
    if profile.protocol == "astm":
        return astm_answer(found, profile, at=at, report="O", action=code)
    segments = order_segments(found, profile, hl7.Separators(), code)
    return hl7.encode([_header("OML^O33^OML_O33", new_id(), at), *segments])


def _code(why: Why, profile: Profile) -> str:
    """ORC-1 (HL7 table 0119) or O-12 (E1394 9.4.12) of an order."""
    is_astm = profile.protocol == "astm"
    if why is Why.AGAIN:
        return str(profile.again.get("code", "A" if is_astm else "SS"))
    return profile.cancel_code if why is Why.CANCEL else "N" if is_astm else "NW"


def _header(kind: str, control_id: str, at: datetime) -> list[str]:
    marks = hl7.Separators()
    return ["MSH", marks.field, marks.declared, US, "", "", "", at.strftime("%Y%m%d%H%M%S"), "", kind, control_id, "P",
            "2.5.1"]  # fmt: skip


def ask_for_results(specimen: str, profile: Profile, new_id: Callable[[], str], *, at: datetime) -> bytes:
    """Our question for a specimen's results: an ASTM Q record (E1394 11), QRY^R02, or the QBP the profile names."""
    moment = at.strftime("%Y%m%d%H%M%S")
    if profile.protocol == "astm":
        asked = ["Q", "1", f"^{astm_records.escape(specimen)}", "", "ALL", *[""] * 7, str(profile.again["status"])]
        return astm_records.encode([_astm_header(at), asked, ["L", "1", "N"]])
    number, kind = new_id(), str(profile.again["message"])
    if kind.startswith("QRY"):
        asked = ["QRD", moment, "R", "I", number, "", "", "50^RD", hl7.escape(specimen), "RES", "ALL"]
        return hl7.encode([_header(kind, number, at), asked])
    asked = ["QPD", str(profile.again["name"]), number, hl7.escape(specimen)]
    return hl7.encode([_header(kind, number, at), asked, ["RCP", "I"]])


def _astm_header(at: datetime) -> list[str]:
    return ["H", "\\^&", "", "", US, "", "", "", "", "", "", "P", "1", at.strftime("%Y%m%d%H%M%S")]


def astm_denies(payload: bytes) -> bool:
    """Whether a message says that there is nothing to answer with: its last record, and nothing else."""
    try:
        message = astm_records.parse(payload)
    except astm_records.NotASTM:
        return False
    letters = {record[0] for record in message.records}
    return letters <= {"H", "P", "C", "L"} and message.text(message.records[-1], 3) in NONE_THERE


def astm_answer(found: Found, profile: Profile | None, *, at: datetime, report: str = "Q", action: str = "N") -> bytes:
    """The orders as a message to download; none: it says so (L-3 `I`). `report`: O-26; `action`: O-12."""
    codes = profile.orders.get("codes", {}) if profile else {}
    records = [_astm_header(at)]
    for number, (specimen, orders) in enumerate(((key, value) for key, value in found.items() if value), start=1):
        tests = "\\".join(f"^^^{astm_records.escape(codes.get(order.test, order.test))}" for order in orders)
        taken = orders[0].collected_at
        record = ["O", "1", astm_records.escape(specimen), "", tests, orders[0].priority, "",
                  taken.strftime("%Y%m%d%H%M%S") if taken else "", "", "", "", action, "", "", "",
                  astm_records.escape(orders[0].specimen_type)]  # fmt: skip
        records += [["P", str(number)], [*record, *[""] * (25 - len(record)), report]]
    records.append(["L", "1", "N" if any(found.values()) else "I"])
    return astm_records.encode(records)


def answers_how(message: hl7.Message) -> str:
    """What a message answers one of ours with: `acknowledged`, `results`, `nothing`; empty where it is no answer."""
    kind = message.text(message.header, 9)
    if kind in ANSWERS:
        return "results" if message.first("OBX") else "nothing"
    return "acknowledged" if kind in ACKNOWLEDGED else ""


@dataclass(frozen=True)
class Told:
    """What an instrument answers to orders: to which message (MSA-2), whether it took them, and in codes what it
    refused; `is_final`: saying it again would change nothing."""

    number: str
    took: bool
    problems: tuple[str, ...] = ()
    is_final: bool = False


def hl7_told(message: hl7.Message) -> Told:
    """What an acknowledgement (ACK, ORL) says: by its code, and by each order that it cannot take or call off."""
    said = message.first("MSA") or ["MSA"]
    code = message.text(said, 1)
    unable = dict.fromkeys(UNABLE.get(message.text(one, 1), "") for one in message.segments if one[0] == "ORC")
    problems = tuple(filter(None, unable))
    refused = problems or (("orders_refused",) if code in REFUSED else ())
    return Told(message.text(said, 2), code in TOOK and not problems, refused, bool(problems))


def number_of_orders(payload: bytes) -> str:
    """MSH-10 of orders of ours (OML), whose answer is waited for; empty for anything else."""
    message = hl7.parse(payload)
    return message.text(message.header, 10) if message.text(message.header, 9) == "OML" else ""


def hl7_question(message: hl7.Message, profile: Profile | None) -> Question | None:
    """What a query (QBP) asks for; `None` where the message is none."""
    if message.text(message.header, 9) != "QBP":
        return None
    asked = message.first("QPD") or ["QPD"]
    found = (message.text(asked, place.number, place.component) for place in _places(profile, ("QPD-3.1",)))
    return Question(tuple(dict.fromkeys(filter(None, found))))


def hl7_answer(
    message: hl7.Message, found: Found, profile: Profile | None, new_id: Callable[[], str], *, at: datetime
) -> bytes:
    """RSP^K11 with the orders of each specimen (IHE LAB-27); `NF` where there are none."""
    marks = message.separators
    kind = marks.component.join(("RSP", "K11", "RSP_K11"))
    asked = message.first("QPD") or ["QPD"]
    state = "OK" if any(found.values()) else "NF"
    segments = [
        header_to(message, kind, new_id(), at=at),
        ["MSA", "AA", message.raw(message.header, 10)],
        ["QAK", message.raw(asked, 2), state, message.raw(asked, 1)],
        asked,
        *order_segments(found, profile, marks),
    ]
    return hl7.encode(segments, marks, message.encoding)


def order_segments(
    found: Found, profile: Profile | None, marks: hl7.Separators, control: str = "NW"
) -> list[list[str]]:
    """SPM, SAC, and ORC (`control`: ORC-1) and OBR for each order."""
    codes = profile.orders.get("codes", {}) if profile else {}
    segments: list[list[str]] = []
    for number, (specimen, orders) in enumerate(((key, value) for key, value in found.items() if value), start=1):
        plain = hl7.escape(specimen, marks)
        segments += [
            ["SPM", str(number), plain, "", hl7.escape(orders[0].specimen_type, marks)],
            ["SAC", "", "", plain],
        ]
        for place, order in enumerate(orders, start=1):
            test = hl7.join([[[codes.get(order.test, order.test)], [order.name]]], marks)
            segments += [["ORC", control], ["OBR", str(place), "", plain, test, order.priority]]
    return segments
