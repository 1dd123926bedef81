"""The sweep runs every ten seconds in the jobs process; one run at a time."""

from huizhen.kernel import clock, outbox
from huizhen.kernel.flow.sweep import sweep_all


@outbox.periodic("flow.sweep", "* * * * * */10")
def run_sweep() -> None:
    """Handle everything that is due now."""
    sweep_all(clock.now())
