"""Trouble on the way from swab to phone: found by the system itself, each a case with an owner and a deadline."""
