"""Recognising what a case needs, and ranking experts: pure, small, explainable."""
