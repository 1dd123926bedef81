"""The demonstration's people, invented."""
