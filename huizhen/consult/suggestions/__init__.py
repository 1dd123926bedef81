"""Suggestions: which departments a case needs, and which experts, with reasons. See docs/suggestions.md."""
