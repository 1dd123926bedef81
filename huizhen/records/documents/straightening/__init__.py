"""Photographed pages set straight. Pictures in, pictures out: no database; loaded in a process of its own only."""
