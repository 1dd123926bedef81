"""Sealing of health data: authenticated encryption bound to its place, and the keyed index for look-ups."""

from huizhen.kernel.crypto.index import blind, mac
from huizhen.kernel.crypto.sealing import Unreadable, decrypt, encrypt, is_current

__all__ = ["Unreadable", "blind", "decrypt", "encrypt", "is_current", "mac"]
