"""The thread that brings in what its process has read."""

import logging
import os
import threading
from time import sleep

from django.db import close_old_connections, connection

from huizhen.kernel.audit.gathering import GONE, gather, put_aside, take_all
from huizhen.kernel.audit.journal import Journal, own
from huizhen.kernel.line import put

log = logging.getLogger(__name__)
# A read is seen by others of this machine at once, because they gather before they look; elsewhere this much later.
# Each round makes the threads that answer take turns with one more, whatever it brings: few rounds are cheaper.
EVERY_SECONDS = 1.0
AGAIN_SECONDS = 5.0
IDLE_SECONDS = 10.0


class Collector:
    """The thread that gathers this process's journal a moment after something was written; else it sleeps."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.last: Journal | None = None

    def tell(self) -> None:
        """There is something to gather."""
        if not self.wanted.is_set():
            self.wanted.set()
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    thread = threading.Thread(target=self.run, name="audit", daemon=True)
                    thread.start()
                    self.thread = thread

    def run(self) -> None:
        """Gather for ever; what cannot be brought in now is tried again."""
        while True:
            try:
                close_old_connections()
                self.round()
            except Exception:
                log.exception("the audit's journal cannot be gathered; its lines are kept")
                self.wanted.set()
                sleep(AGAIN_SECONDS)

    def round(self) -> None:
        """Wait until there is something, let more of it come, and bring it in: where this process has begun a journal,
        what it and dead ones left in others too."""
        if not self.wanted.wait(IDLE_SECONDS):
            connection.close()
            self.wanted.wait()
        sleep(EVERY_SECONDS)
        self.wanted.clear()
        journal = own.journal
        if journal is not self.last:
            gather()
        for one in own.every():
            self.bring_in(one)
        self.last = journal

    def bring_in(self, one: Journal) -> None:
        """Take what there is in a journal of this process; what cannot be found again goes into a new one."""
        if one.is_lost() or not take_all(one.id, one.path, one):
            log.error(
                "a journal of the audit is gone; what was left goes on in another", extra={"journal": str(one.id)}
            )
            if broken := own.move(one):
                put_aside(one.id, one.path, one.taken, broken)
            put(GONE, [one.id])
            self.wanted.set()
        elif one is not own.journal and one.taken == one.end:
            own.let_go(one)
            take_all(one.id, one.path, None)


def begin_anew() -> None:
    """In a process that has just begun: a forked child neither writes its parent's journal nor has its threads."""
    own.begin_anew(Collector().tell)


begin_anew()
os.register_at_fork(after_in_child=begin_anew)
