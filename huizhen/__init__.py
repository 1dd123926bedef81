"""Huizhen 会诊: one open platform for care at a distance."""

__version__ = "0.1.0"
