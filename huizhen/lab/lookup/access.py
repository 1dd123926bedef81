"""Who may look up whose results: whoever holds a token that the house signed."""

from huizhen.lab.lookup.tokens import Asker, BadToken, Said, mint_token, read_token

__all__ = ["Asker", "BadToken", "Said", "mint_token", "read_token"]
