"""Chinese as the rest of the house writes it."""
