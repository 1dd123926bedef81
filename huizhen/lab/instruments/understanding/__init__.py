"""What messages mean, by an instrument's profile: pure functions from bytes to readings."""
