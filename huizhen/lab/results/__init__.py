"""What was found: observations matched to a specimen and its persons, checked, released, corrected."""
