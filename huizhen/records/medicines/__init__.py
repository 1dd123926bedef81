"""Medicines of a patient: what is taken, how, since when, and what was corrected about it."""
