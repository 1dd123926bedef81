"""A free port for a simulator or a process of a test."""

import random
import socket
from contextlib import suppress

HOST = "127.0.0.1"
# Below what systems hand out by themselves (Linux from 32768, others from 49152): between choosing a port here and
# listening on it no connection that leaves this machine takes it.
RANGE = range(10_240, 32_768)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    while True:
        port = random.SystemRandom().choice(RANGE)
        with socket.socket() as trial, suppress(OSError):
            trial.bind((HOST, port))
            return port
