"""While tests run, nobody leaves the machine: a connection to any other address fails at once, with its name."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

NAMES_OF_THIS_MACHINE = {None, "", "localhost", socket.gethostname()}


class LeftTheMachine(AssertionError):
    """A test tried to reach another machine; the argument is the address."""


def is_here(host: object) -> bool:
    """Whether a host name or address means this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in NAMES_OF_THIS_MACHINE:
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def forbid_network() -> None:
    """Make Python's sockets refuse other machines for the rest of this process."""
    for method in ("connect", "connect_ex"):
        setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *arguments: Any, **named: Any) -> Any:
        if not is_here(host):
            raise LeftTheMachine(host)
        return look_up(host, *arguments, **named)

    socket.getaddrinfo = guarded_look_up


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(sock: socket.socket, address: Any) -> Any:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
            raise LeftTheMachine(address)
        return connect(sock, address)

    return guarded
