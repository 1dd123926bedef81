"""The staff of a region as its operators look after them: found by name, place, role or specialty."""
