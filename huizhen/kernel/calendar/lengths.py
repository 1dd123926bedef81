"""How long something may take, said in the unit people use: `hours(2)`, `working_days(5)`."""

from dataclasses import dataclass
from datetime import timedelta

ALWAYS, WORKING = "always", "working"
UNITS = ("minutes", "hours", "days", "working_hours", "working_days")


@dataclass(frozen=True)
class Length:
    """An amount of one unit. Only working units look at the calendar; a day of the plain kind has 24 hours.

    Raises:
        ValueError: the unit is none of `UNITS`, or the amount is negative.
    """

    unit: str
    amount: int

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"{self.unit} is none of {', '.join(UNITS)}")
        if self.amount < 0:
            raise ValueError(f"{self.amount} {self.unit}: a length is not negative")

    @property
    def calendar(self) -> str:
        """`always` or `working`: which time this length counts in."""
        return WORKING if self.unit.startswith("working_") else ALWAYS

    @property
    def clock_time(self) -> timedelta:
        """The length as hours and minutes.

        Raises:
            ValueError: for working days, whose length depends on where they begin.
        """
        if self.unit == "working_days":
            raise ValueError("working days have no fixed length")
        return timedelta(**{self.unit.removeprefix("working_"): self.amount})


def minutes(amount: int) -> Length:
    """Minutes that run by day and night."""
    return Length("minutes", amount)


def hours(amount: int) -> Length:
    """Hours that run by day and night."""
    return Length("hours", amount)


def days(amount: int) -> Length:
    """Days of 24 hours, holidays included."""
    return Length("days", amount)


def working_hours(amount: int) -> Length:
    """Hours that run only while the office is open."""
    return Length("working_hours", amount)


def working_days(amount: int) -> Length:
    """Working days: the same time of day, so many working days later."""
    return Length("working_days", amount)
