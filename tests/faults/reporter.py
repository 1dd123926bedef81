"""A reporting process to be killed: what the jobs process runs for a platform, again and again.

Importing the house takes seconds, and the tests kill it often. So one process imports everything and never opens a
connection; each line `<minutes ahead> <platform>` on its standard input makes it fork a child that works, minutes later
than the last one by the house's own clock, and it answers with the child's number.
"""

import os
import signal
import sys
import time
from datetime import timedelta

import django
import time_machine

django.setup()

from huizhen.kernel import clock
from huizhen.lab.reporting import jobs

ROUND_SECONDS = 0.02


def work(minutes: int, upstream: str) -> None:
    """Enlist, send, settle and ask, until killed."""
    with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=True):
        while True:
            jobs.run(0)
            jobs.send(upstream)
            time.sleep(ROUND_SECONDS)


def main() -> None:
    """Fork on demand until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("ready")
    for line in sys.stdin:
        minutes, upstream = line.split()
        child = os.fork()
        if not child:
            work(int(minutes), upstream)
        say(str(child))


def say(word: str) -> None:
    """One line to whoever started this."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
