"""The sentences of the house in both languages: found in the source, kept in .po files beside each module, checked."""
