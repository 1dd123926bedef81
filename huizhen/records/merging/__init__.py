"""One person registered twice: found by rules, compared by a person, joined without moving a thing, and taken apart."""
