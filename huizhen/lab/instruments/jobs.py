"""Queue and timer entries of instruments."""

import time

from huizhen.kernel import clock, outbox
from huizhen.lab.instruments import actions, ports

AT_MOST = 200  # batches in one run; the next wake continues
# A batch costs nearly the same for one message as for hundreds. What comes while instruments are busy is let gather.
GATHER_SECONDS, FULL = 0.2, 200


@outbox.task(actions.MATCH, queue=outbox.STEADY)
def match() -> None:
    """Read kept messages, batch after batch, until none has come for a moment. May run twice, also at once: batches are
    claimed; but one is enough for a city, so the next run begins when this one has ended."""
    for _ in range(AT_MOST):
        count = ports.match_batch(at=clock.now())
        if not count:
            return
        if count < FULL:
            time.sleep(GATHER_SECONDS)
    actions.wake_matcher()


@outbox.periodic("lab.instruments.match_rest", "* * * * * */15")
def match_rest() -> None:
    """Find what a lost wake left behind, or a matcher that died."""
    while ports.match_batch(at=clock.now()) >= FULL:
        pass


@outbox.periodic("lab.instruments.silence", "*/2 * * * *")
def judge_silence() -> None:
    """Find instruments that are silent against their habit, and those that are back."""
    actions.judge_silence(at=clock.now())


@outbox.periodic("lab.instruments.end_requests", "* * * * * */20")
def end_requests() -> None:
    """Give up what instruments were asked and did not answer in time."""
    actions.end_requests(at=clock.now())
