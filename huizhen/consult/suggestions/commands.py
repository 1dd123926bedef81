"""`huizhen suggestions retrain`: learn from this house's own closed cases."""

import sys

from huizhen.consult.suggestions import actions
from huizhen.kernel import clock


def retrain(*, measure_only: bool = False) -> None:
    """Learn from closed cases, measure on every fifth and on the set that ships; use it if it is no worse."""
    made = actions.learn(at=clock.now(), keep=not measure_only)
    told = made.figures
    sys.stdout.write(
        f"{made.cases} cases, {told['held_out']} of them held out\n"
        f"own cases, right department among three: {told['own_before']:.1%} before, {told['own_after']:.1%} after\n"
        f"shipped evaluation: {told['shipped_before']:.1%} before, {told['shipped_after']:.1%} after\n"
        f"{'in use' if made.in_use and not measure_only else 'not in use'}\n"
    )
