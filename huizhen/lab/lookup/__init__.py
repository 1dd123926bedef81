"""The look-up: a person's released results, fresh from the database, when everybody asks. See docs/lab-lookup.md."""
