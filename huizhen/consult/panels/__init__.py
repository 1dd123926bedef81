"""Panels: who belongs to the panel for a kind of question, how many must take part, who may chair. Master data."""
