"""Accounts: who can log in, how, and who acts in a request. See docs/people.md."""
