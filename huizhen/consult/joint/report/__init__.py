"""The report of a joint consultation: drafted from the opinions, typeset, signed, and checked again. No database."""
