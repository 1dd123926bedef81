"""What can be tested: items with their LOINC codes, units, reference ranges and plausibility."""
