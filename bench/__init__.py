"""Measured comparisons: the house's promises in numbers, each beside what one would pick instead."""
