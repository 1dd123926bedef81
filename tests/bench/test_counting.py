"""Statements are counted of the thread that asks: what works in the background meanwhile is no part of it."""

import threading

import pytest
from django.db import connection

from bench.counting import Statements
from huizhen.kernel.line import ask

pytestmark = pytest.mark.django_db


def test_what_another_thread_sends_is_not_counted():
    with Statements() as found:
        ask("SELECT 1", [])
        other = threading.Thread(target=found_by, args=(answers := [],))
        other.start()
        other.join()
        ask("SELECT 2", [])
    assert answers == [[(3,)]]
    assert (found.unframed, found.trips) == (["SELECT 1", "SELECT 2"], 2)


def found_by(answers):
    """In a connection of its own, which ends with it."""
    answers.append(ask("SELECT 3", []))
    connection.close()
