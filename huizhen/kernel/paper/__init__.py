"""Papers set in type: template and data in, PDF/A bytes out, with the fonts that ship. See docs/kernel/paper.md."""
