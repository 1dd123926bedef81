"""Who listens to which channel in this process, and how a pulse reaches them.

Each listener keeps at most one pending cursor per channel: however many pulses come, a slow one costs no memory and
is told only the newest.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from huizhen.kernel import clock
from huizhen.kernel.pulse import EVERYTHING, Pulse, listen

MOST_PER_ACCOUNT = 10
MOST_IN_ALL = 20_000
REMEMBERED_FOR = timedelta(minutes=6)
CLOCKS_APART = timedelta(seconds=5)
TIDY_AT = 10_000


class Crowded(Exception):
    """This account, or this process, has as many sockets open as it may."""


class Listener:
    """One open socket: its channels, and what it has not been told yet."""

    def __init__(self, account_id: UUID, channels: Iterable[str]) -> None:
        self.account_id = account_id
        self.channels = frozenset(channels)
        self.pending: dict[str, int] = {}
        self.stirred = asyncio.Event()

    def hear(self, pulse: Pulse) -> None:
        """Note a pulse. Cursor 0 means "ask again from where you stand" and is not overtaken by a number."""
        if pulse == EVERYTHING:
            self.pending = dict.fromkeys(self.channels, 0)
        else:
            held = self.pending.get(pulse.channel)
            self.pending[pulse.channel] = 0 if held == 0 else max(held or 0, pulse.cursor)
        self.stirred.set()

    def take(self) -> list[Pulse]:
        """What is to be told now; nothing is pending afterwards."""
        told, self.pending = self.pending, {}
        self.stirred.clear()
        return [Pulse(channel, cursor) for channel, cursor in told.items()]


class Hub:
    """All listeners of this process, by channel."""

    def __init__(self) -> None:
        self.by_channel: dict[str, set[Listener]] = defaultdict(set)
        self.by_account: Counter[UUID] = Counter()
        self.listeners: set[Listener] = set()
        self.recent: dict[str, datetime] = {}
        self.whole_since = clock.now()

    def join(self, listener: Listener, looked_at: datetime) -> None:
        """Begin to hear, at once what had news since the page looked.

        Raises:
            Crowded: too many sockets of this account or in this process.
        """
        if self.by_account[listener.account_id] >= MOST_PER_ACCOUNT or len(self.listeners) >= MOST_IN_ALL:
            raise Crowded
        self.by_account[listener.account_id] += 1
        self.listeners.add(listener)
        since = looked_at - CLOCKS_APART
        for channel in listener.channels:
            self.by_channel[channel].add(listener)
            if since < self.whole_since or self.recent.get(channel, since) > since:
                listener.hear(Pulse(channel, 0))

    def leave(self, listener: Listener) -> None:
        """Stop hearing; leaving twice does no harm."""
        if listener not in self.listeners:
            return
        self.listeners.discard(listener)
        self.by_account[listener.account_id] -= 1
        if not self.by_account[listener.account_id]:
            del self.by_account[listener.account_id]
        for channel in listener.channels:
            self.by_channel[channel].discard(listener)
            if not self.by_channel[channel]:
                del self.by_channel[channel]

    def spread(self, pulse: Pulse) -> None:
        """Hand a pulse to those who listen to its channel, or to all; remember it for those who are on their way."""
        at = clock.now()
        if pulse == EVERYTHING:
            self.whole_since = at
        else:
            self.recent[pulse.channel] = at
        if len(self.recent) > TIDY_AT:
            self.recent = {name: then for name, then in self.recent.items() if at - then < REMEMBERED_FOR}
        for listener in self.listeners if pulse == EVERYTHING else self.by_channel.get(pulse.channel, ()):
            listener.hear(pulse)

    async def run(self) -> None:
        """Spread everything heard, for ever."""
        async for pulse in listen():
            self.spread(pulse)
