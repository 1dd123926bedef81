"""Instruments: how they are heard, and how what they say is understood."""
