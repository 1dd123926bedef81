"""Reporting upstream: every released result once, with a receipt. See docs/lab.md."""
