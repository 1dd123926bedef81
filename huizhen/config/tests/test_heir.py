"""The heir: what a killed supervisor started is asked to stop, and made to."""

import signal
import subprocess
import sys

from huizhen.config.supervisor import heir
from huizhen.config.supervisor.heir import Heir, Ward

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
MEEK = "import time; print('up', flush=True); time.sleep(60)"


def start(program: str) -> subprocess.Popen:
    """A process that leads a group of its own and is past its beginning."""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    return process


def test_what_was_started_and_has_not_ended_is_left():
    first, second = Ward(7, signal.SIGTERM, stops_last=False), Ward(8, signal.SIGINT, stops_last=True)
    assert heir.listen([first.write(), second.write(), "- 7\n"]) == [second]


def test_a_process_that_does_not_listen_is_ended_by_force():
    stubborn, meek = start(STUBBORN), start(MEEK)
    heir.stop([Ward(process.pid, signal.SIGTERM, stops_last=False) for process in (stubborn, meek)], within=0.5)
    assert (stubborn.wait(10), meek.wait(10)) == (-signal.SIGKILL, -signal.SIGTERM)


def test_it_acts_when_the_pipe_closes_and_only_then():
    ended, going = start(MEEK), start(MEEK)
    own = Heir()
    for process in (ended, going):
        own.take(Ward(process.pid, signal.SIGTERM, stops_last=False))
    own.forget(ended.pid)
    assert going.poll() is None
    own.dismiss()
    assert going.wait(10) == -signal.SIGTERM
    assert ended.poll() is None
    ended.kill()
    ended.wait(10)
