"""Availability: when doctors work, when they are away, and when they are free. See docs/people.md."""
