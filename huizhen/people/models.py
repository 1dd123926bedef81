"""The tables of this module, gathered for Django."""

from huizhen.people.accounts.models import Account

__all__ = ["Account"]
