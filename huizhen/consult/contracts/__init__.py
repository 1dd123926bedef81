"""Contracts between organisations: who may ask whom, how often a month, at what price. See docs/centre.md."""
