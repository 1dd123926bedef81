"""Transcripts: the text of a report read from its picture, as a table that a person confirms."""
