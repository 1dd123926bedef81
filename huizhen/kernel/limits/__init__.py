"""Counting attempts at whatever can be guessed: log-ins, codes, public look-ups. Atomic in the database."""

from huizhen.kernel.limits.actions import Limit, TooMany, count, forget_old

__all__ = ["Limit", "TooMany", "count", "forget_old"]
