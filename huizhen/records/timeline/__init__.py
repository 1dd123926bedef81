"""The time line: what happened to a patient, at every organisation, in the order it happened."""
