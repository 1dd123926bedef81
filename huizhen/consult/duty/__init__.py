"""Duty: which doctor is rung when an urgent consultation comes in, and who is next. See docs/centre.md."""
