import pytest
from django.db import connection, transaction

from bench.counting import Statements
from huizhen.kernel.pulse import EVERYTHING, Pulse, beat
from huizhen.kernel.pulse.bus import BadChannel
from huizhen.kernel.pulse.tests.listening import Ear, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pulse_arrives_after_commit():
    with Ear() as ear:
        with transaction.atomic():
            beat(("case:1:talk", 4), ("case:1", 9))
            assert ear.heard == [EVERYTHING]
        wait_until(lambda: len(ear.heard) == 3)
        assert set(ear.heard[1:]) == {Pulse("case:1:talk", 4), Pulse("case:1", 9)}


def test_a_rolled_back_pulse_was_never_sent():
    with Ear() as ear:
        with transaction.atomic():
            beat(("case:1", 1))
            transaction.set_rollback(True)
        beat(("case:2", 2))
        wait_until(lambda: len(ear.heard) > 1)
        assert ear.heard == [EVERYTHING, Pulse("case:2", 2)]


def test_several_channels_cost_one_statement():
    connection.ensure_connection()
    with Statements() as statements:
        beat(*((f"case:{number}", number) for number in range(20)))
    assert len(statements) == 1


def test_no_channels_cost_nothing():
    with Statements() as statements:
        beat()
    assert statements == []


def test_after_an_interruption_everything_is_looked_at_again():
    with Ear() as ear:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%%'"
                " AND datname = current_database()"
            )
        wait_until(lambda: ear.heard.count(EVERYTHING) == 2)
        beat(("case:3", 3))
        wait_until(lambda: Pulse("case:3", 3) in ear.heard)


def test_noise_on_the_bus_is_not_heard():
    with Ear() as ear:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('huizhen_pulse', 'hello')")
        beat(("case:4", 4))
        wait_until(lambda: len(ear.heard) > 1)
        assert ear.heard == [EVERYTHING, Pulse("case:4", 4)]


@pytest.mark.parametrize("channel", ["", "Case", "张三", "case 1", "*", "a" * 121])
def test_a_channel_is_a_plain_name(channel):
    with pytest.raises(BadChannel):
        beat((channel, 1))
