"""Credentials: practitioners with title, specialties and licence, and how experts are found. See docs/people.md."""
