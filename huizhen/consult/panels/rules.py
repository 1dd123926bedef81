"""Who may chair: pure."""

from collections.abc import Iterable, Sequence


class RuleThere(ValueError):
    """A new rule for a specialty that has one."""


def fits_title(title: str, least: str, ranks: Sequence[str]) -> bool:
    """Whether a title is at least as high as another; `ranks` runs from the highest down. Without a least: any."""
    return not least or (title in ranks and ranks.index(title) <= ranks.index(least))


def belongs(codes: Iterable[str], specialty: str) -> bool:
    """Whether somebody with these specialties belongs to one: the same, or one below it."""
    return any(code == specialty or code.startswith(f"{specialty}.") for code in codes)


def lines(code: str) -> list[str]:
    """A specialty and those above it, the nearest first: 03.01, 03."""
    return [code, *([code.rpartition(".")[0]] if "." in code else [])]
