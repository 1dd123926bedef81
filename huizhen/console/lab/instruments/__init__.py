"""Instruments: the wall, one instrument, what it sent beside what was understood, and how it is read."""
