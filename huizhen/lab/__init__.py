"""Laboratory: from the swab to the phone, and upstream."""
