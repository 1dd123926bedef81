"""Moods within an HL7 message: changes of its segments, in which `segment[n]` is field n."""

from collections.abc import Callable

from huizhen.lab.instruments.fakes.mood import Change, Fields, put, then

HUGE = 4 * 1024 * 1024
PATIENT = "张伟"


def setting(name: str, number: int, value: str) -> Change[Fields]:
    """One field of every segment of this name."""
    return changing(name, number, lambda _old: value)


def changing(name: str, number: int, change: Callable[[str], str]) -> Change[Fields]:
    """One field of every segment of this name, made of what it held."""

    def changed(segment: list[str]) -> list[str]:
        return put(segment, number, change(segment[number] if number < len(segment) else ""))

    return lambda message: [changed(segment) if segment[0] == name else segment for segment in message]


def saying(value: str, flag: str = "", status: str = "F", unit: str = "") -> Change[Fields]:
    """The value of every result."""
    return then(*(setting("OBX", number, text) for number, text in ((5, value), (6, unit), (8, flag), (11, status))))


def testing(code: str) -> Change[Fields]:
    """The test of every result and order."""
    return then(setting("OBX", 3, code), setting("OBR", 4, code))


def _is_quantity(message: Fields) -> bool:
    return any(segment[0] == "OBX" and segment[2] == "NM" for segment in message)


def quantity(code: str, value: str, unit: str) -> Change[Fields]:
    """A number instead of a word, unless it is one already."""
    made = then(saying(value, unit=unit), testing(code), setting("OBX", 2, "NM"))
    return lambda message: message if _is_quantity(message) else made(message)


# --- where the specimen's id stands ------------------------------------------------------------------------------
def groups(message: Fields) -> tuple[Fields, list[Fields]]:
    """What stands before the first SPM, and each SPM with what follows it."""
    starts = [place for place, segment in enumerate(message) if segment[0] == "SPM"]
    ends = [*starts[1:], len(message)]
    return message[: starts[0]], [message[start:end] for start, end in zip(starts, ends, strict=True)]


def by_group(change: Callable[[int, Fields], Fields]) -> Change[Fields]:
    """Each specimen's group, by its number from 0."""

    def changed(message: Fields) -> Fields:
        head, found = groups(message)
        return head + [segment for number, group in enumerate(found) for segment in change(number, group)]

    return changed


def _in_sac(_number: int, group: Fields) -> Fields:
    spm, *rest = group
    return [put(spm, 2, ""), ["SAC", "", "", spm[2]], *rest]


def _in_obr(place: int) -> Callable[[int, Fields], Fields]:
    def change(_number: int, group: Fields) -> Fields:
        spm, *rest = group
        return [put(segment, place, spm[2]) if segment[0] == "OBR" else segment for segment in rest]

    return change


id_in_sac = by_group(_in_sac)
id_in_obr3, id_in_obr2 = by_group(_in_obr(3)), by_group(_in_obr(2))
no_id = by_group(lambda number, group: [put(group[0], 2, ""), *group[1:]] if number == 1 else group)
# As in ORU^R01, where SPM follows its results.
two_ids = then(
    setting("MSH", 9, "ORU^R01^ORU_R01"),
    by_group(lambda _number, group: [*group[1:], group[0], put(group[0], 2, group[0][2] + "-B")]),
)


# --- what else it holds ------------------------------------------------------------------------------------------
def whole_run(message: Fields) -> Fields:
    """Controls before and after the patients' groups, in the same message."""
    head, found = groups(message)

    def control(lot: str, value: str) -> Fields:
        spm, *rest = found[0]
        return saying(value)([put(put(spm, 2, lot), 11, "Q"), *rest])

    run = [control("NC-1", "Negative"), *found, control("PC-1", "Positive")]
    return head + [segment for group in run for segment in group]


def bedside(event: str, order: str) -> Change[Fields]:
    """ORU^R30 (nobody ordered it) or ORU^R32 (it was ordered): an ORC before each order, the id in OBR-3."""
    with_order = by_group(lambda _number, group: [["ORC", order], *_in_obr(3)(0, group)])
    return then(with_order, setting("MSH", 9, f"ORU^{event}^ORU_{event}"))


def huge(message: Fields) -> Fields:
    """A picture of megabytes behind the last result."""
    return [*message, ["OBX", "2", "ED", "CURVE^Curve^99SIM", "", "^Image^PNG^Base64^" + "QUJD" * (HUGE // 4)]]


def named(message: Fields) -> Fields:
    """A patient with a Chinese name."""
    return [message[0], ["PID", "1", "", "", "", PATIENT], *message[1:]]
