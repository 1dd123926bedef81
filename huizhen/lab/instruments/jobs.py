"""Queue and timer entries of instruments."""

from huizhen.kernel import clock, outbox
from huizhen.lab.instruments import actions, ports

AT_MOST = 200  # batches in one run; the next wake continues


@outbox.task(actions.MATCH)
def match() -> None:
    """Read kept messages, batch after batch, until none is left. May run twice, also at once: batches are claimed."""
    for _ in range(AT_MOST):
        if not ports.match_batch(at=clock.now()):
            return
    actions.wake_matcher()


@outbox.periodic("lab.instruments.match_rest", "* * * * * */15")
def match_rest() -> None:
    """Find what a lost wake left behind."""
    match()


@outbox.periodic("lab.instruments.silence", "*/2 * * * *")
def judge_silence() -> None:
    """Find instruments that are silent against their habit, and those that are back."""
    actions.judge_silence(at=clock.now())
