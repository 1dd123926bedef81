"""Starts every process, restarts what dies, prints one readable log, and stops everything, the database last."""
