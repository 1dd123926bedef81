"""Verifying a report by its code: open to anybody who holds the paper, and silent about the patient."""
