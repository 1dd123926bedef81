"""Who is let in when more ask than can be answered: a few wait, the rest are told at once when to come again."""

from dataclasses import dataclass

# Come again after so many seconds; spread out, or all who were refused would come back in the same second.
SOONEST, LATEST = 2, 9


@dataclass
class Budget:
    """How many of one kind may wait at the same time. `refused` counts for the figures."""

    most: int
    waiting: int = 0
    refused: int = 0

    def enter(self) -> bool:
        """Take a place; false where there is none."""
        if self.waiting >= self.most:
            self.refused += 1
            return False
        self.waiting += 1
        return True

    def leave(self) -> None:
        """Give the place back."""
        self.waiting -= 1

    def come_again(self) -> int:
        """Seconds to say to the one who was just refused; the next one hears another number."""
        return SOONEST + self.refused % (LATEST - SOONEST + 1)
