"""Organisations: the tree, who works where as what, and the directory the kernel asks. See docs/people.md."""
