"""Flows, cases and the one door through which a case changes. See docs/kernel/flow.md."""
