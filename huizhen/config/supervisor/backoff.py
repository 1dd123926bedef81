"""How long to wait before a process that died is started again."""

from django.conf import settings

FIRST_SECONDS = 0.5
WELL_AFTER_SECONDS = 30.0


def next_failures(failures: int, ran_for: float) -> int:
    """How many quick deaths in a row this makes; a process that ran well for a while (seconds) begins anew."""
    return 1 if ran_for >= WELL_AFTER_SECONDS else failures + 1


def wait_before(failures: int) -> float:
    """Seconds to wait after so many quick deaths in a row: 0.5, 1, 2, 4 … never more than RESTART_WITHIN."""
    return min(FIRST_SECONDS * 2.0 ** max(0, failures - 1), settings.RESTART_WITHIN)
