"""Many hands on one conversation, on the real database."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from huizhen.kernel import talk
from huizhen.kernel.talk.tests.conftest import MONDAY

HANDS = 6


def at_once(function, things):
    """Run for all things at once, each on a connection of its own."""

    def run(thing):
        try:
            return function(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(run, things))


def test_one_message_retried_by_many_hands_is_stored_once(committed_room):
    room = committed_room

    def post(_):
        return talk.post(room.case_id, actor=room.anna, at=MONDAY, body="一次", client_id="same").id

    assert len(set(at_once(post, range(24)))) == 1
    assert [line.number for line in talk.list_messages(room.case_id, audience="staff")] == [1]
    after = talk.post(room.case_id, actor=room.anna, at=MONDAY, body="下一条", client_id="next")
    assert after.number == 2, "a lost race leaves no gap"


def test_many_messages_at_once_get_numbers_without_gaps(committed_room):
    room = committed_room

    def post(n):
        actor = (room.anna, room.bela)[n % 2]
        return talk.post(room.case_id, actor=actor, at=MONDAY, body=str(n), client_id=f"c{n // 2}").number

    assert sorted(at_once(post, range(30))) == list(range(1, 31))


def test_taking_back_twice_at_once_is_one_change(committed_room):
    room = committed_room
    message = talk.post(room.case_id, actor=room.anna, at=MONDAY, body="说错了", client_id="x")

    def retract(_):
        return talk.retract(message.id, actor=room.anna, at=MONDAY).cursor

    assert Counter(at_once(retract, range(12))) == {2: 12}
