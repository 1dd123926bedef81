"""Tests reach no other machine."""

import socket

import pytest

from tests.offline import LeftTheMachine, is_here

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: never a real machine


def test_a_connection_to_another_machine_fails_at_once():
    with socket.socket() as sock, pytest.raises(LeftTheMachine, match=DOCUMENTATION_ADDRESS):
        sock.connect((DOCUMENTATION_ADDRESS, 80))


def test_a_name_is_not_even_looked_up():
    with pytest.raises(LeftTheMachine):
        socket.create_connection(("example.invalid", 80))


def test_this_machine_is_reachable():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert is_here(client.getpeername()[0])


@pytest.mark.parametrize(
    ("host", "here"), [("::1", True), (b"127.0.0.9", True), ("10.0.0.1", False), ("fe80::1%lo", False)]
)
def test_which_addresses_are_this_machine(host, here):
    assert is_here(host) is here
