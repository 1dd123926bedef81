"""Moods within an ASTM message: changes of its records, in which `record[n - 1]` is field n of the standard."""

from collections.abc import Callable

from huizhen.lab.instruments.fakes.mood import Change, Fields, put, then

LONG = 70_000  # more than the longest frame takes


def setting(letter: str, number: int, value: str) -> Change[Fields]:
    """One field of every record of this letter."""
    return changing(letter, number, lambda _old: value)


def changing(letter: str, number: int, change: Callable[[str], str]) -> Change[Fields]:
    """One field of every record of this letter, made of what it held."""

    def changed(record: list[str]) -> list[str]:
        return put(record, number - 1, change(record[number - 1] if number <= len(record) else ""))

    return lambda message: [changed(record) if record[0] == letter else record for record in message]


def saying(value: str, flag: str = "") -> Change[Fields]:
    """The value of every result, final."""
    return then(setting("R", 4, value), setting("R", 5, ""), setting("R", 7, flag))


def testing(code: str) -> Change[Fields]:
    """The test of every result and order."""
    return then(setting("R", 3, f"^^^{code}"), setting("O", 5, f"^^^{code}"))


def quantity(code: str, value: str, unit: str) -> Change[Fields]:
    """Another number."""
    return then(testing(code), setting("R", 4, value), setting("R", 5, unit))


def failure(message: Fields) -> Fields:
    """Orders that were tried and gave nothing: O-26 `X`, a comment, and no result."""
    return [["C", "1", "I", "clot detected", "G"] if record[0] == "R" else record for record in _given_up(message)]


_given_up = setting("O", 26, "X")


# --- where the specimen's id stands ------------------------------------------------------------------------------
def _padded(order: list[str]) -> list[str]:
    return put(put(order, 3, f"^^{order[2]:>22}^M"), 2, "")


def id_in_o4(message: Fields) -> Fields:
    """The third part of O-4, padded with blanks to 22 signs; O-3 is empty."""
    return [_padded(record) if record[0] == "O" else record for record in message]


id_within_o3 = changing("O", 3, lambda specimen: f"77^{specimen:<22}^1^^004")


def no_id(message: Fields) -> Fields:
    """The second order names no specimen."""
    second = [place for place, record in enumerate(message) if record[0] == "O"][1:2]
    return [put(record, 2, "") if place in second else record for place, record in enumerate(message)]


# --- what else it holds ------------------------------------------------------------------------------------------
def whole_run(message: Fields) -> Fields:
    """A control before and one after the patients, in the same message."""
    order = next(record for record in message if record[0] == "O")
    result = next(record for record in message if record[0] == "R")

    def control(lot: str) -> Fields:
        return [["P", "9"], put(put(order, 2, lot), 11, "Q"), result]

    return [message[0], *control("LOW-1"), *message[1:-1], *control("HIGH-1"), message[-1]]


def curves(length: int) -> Change[Fields]:
    """A record of the maker's own behind each result, so long."""

    def change(message: Fields) -> Fields:
        curve = ["M", "1", "HISTOGRAM", "QUJD" * (length // 4)]
        return [one for record in message for one in ([record, curve] if record[0] == "R" else [record])]

    return change


named = setting("P", 6, "张^伟")
