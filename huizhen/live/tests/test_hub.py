import asyncio
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel import clock
from huizhen.kernel.pulse import EVERYTHING, Pulse
from huizhen.live.hub import Hub, Listener

NOW = clock.now()
CHANNELS = ("a", "b", "c")
PULSES = st.lists(st.one_of(st.just(EVERYTHING), st.builds(Pulse, st.sampled_from(CHANNELS), st.integers(1, 99))))


@given(PULSES)
def test_however_many_pulses_come_the_newest_of_each_channel_is_told(pulses):
    listener = Listener(UUID(int=1), CHANNELS)
    for pulse in pulses:
        listener.hear(pulse)
    told = dict(listener.take())
    assert len(told) <= len(CHANNELS)
    for channel in CHANNELS:
        cursors = [pulse.cursor for pulse in pulses if pulse.channel in (channel, "*")]
        expected = None if not cursors else 0 if 0 in cursors else max(cursors)
        assert told.get(channel) == expected
    assert listener.take() == []


def test_leaving_leaves_nothing_behind():
    hub = Hub()
    listener = Listener(UUID(int=1), CHANNELS)
    hub.join(listener, NOW)
    listener.take()
    hub.spread(Pulse("a", 3))
    assert listener.take() == [Pulse("a", 3)]
    hub.leave(listener)
    hub.leave(listener)
    assert (hub.by_channel, hub.by_account, hub.listeners) == ({}, {}, set())


def test_news_while_the_page_was_on_its_way_are_not_missed():
    hub = Hub()
    hub.whole_since = NOW - timedelta(hours=1)
    hub.spread(Pulse("a", 3))
    early, late = Listener(UUID(int=1), CHANNELS), Listener(UUID(int=2), CHANNELS)
    hub.join(early, clock.now() - timedelta(minutes=1))
    hub.join(late, clock.now() + timedelta(minutes=1))
    assert (early.take(), late.take()) == ([Pulse("a", 0)], [])


def test_after_an_interruption_who_is_on_the_way_looks_at_everything():
    hub = Hub()
    listener = Listener(UUID(int=1), CHANNELS)
    hub.join(listener, clock.now() - timedelta(minutes=1))
    assert set(listener.take()) == {Pulse(channel, 0) for channel in CHANNELS}


def test_what_is_remembered_stays_small(monkeypatch):
    monkeypatch.setattr("huizhen.live.hub.TIDY_AT", 3)
    hub = Hub()
    hub.recent = dict.fromkeys("bcd", NOW - timedelta(hours=1))
    hub.spread(Pulse("a", 1))
    assert set(hub.recent) == {"a"}


def test_waiting_ends_when_something_is_heard():
    async def story():
        listener = Listener(UUID(int=1), CHANNELS)
        asyncio.get_running_loop().call_soon(listener.hear, Pulse("b", 2))
        await asyncio.wait_for(listener.stirred.wait(), 5)
        return listener.take()

    assert asyncio.run(story()) == [Pulse("b", 2)]
