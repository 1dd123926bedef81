"""Straighteners without a process: one that finds nothing, one that has its answer ready, one that falls over."""

from huizhen.records.apart import Died
from huizhen.records.documents.ports import Made


class Nothing:
    """Leaves every photograph as it was taken, at once: what tests of other things work with."""

    def straighten(self, data: bytes) -> Made | None:
        """See `ports.Straightener.straighten`."""
        return None


class Ready:
    """Gives the same page for every photograph."""

    def __init__(self, made: Made) -> None:
        self.made = made

    def straighten(self, data: bytes) -> Made | None:
        """See `ports.Straightener.straighten`."""
        return self.made


class Killed:
    """Is killed so many times, then gives its page."""

    def __init__(self, times: int, made: Made) -> None:
        self.left, self.made = times, made

    def straighten(self, data: bytes) -> Made | None:
        """See `ports.Straightener.straighten`."""
        if self.left:
            self.left -= 1
            raise Died(9)
        return self.made
