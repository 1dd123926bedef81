"""Rules of departments about who signs a report beside its chair."""
