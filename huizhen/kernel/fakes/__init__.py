"""Simulators of the services that carry messages, shipped with the product: the demonstration and the tests use them.

Each speaks its provider's wire format over real HTTP or SMTP, checks signature and freshness, keeps what it was sent,
and can be told to misbehave. `huizhen simulators` runs all of them in one process.
"""

from huizhen.kernel.fakes.desk import Desk, Mood, Post
from huizhen.kernel.fakes.server import Simulators, main

__all__ = ["Desk", "Mood", "Post", "Simulators", "main"]
