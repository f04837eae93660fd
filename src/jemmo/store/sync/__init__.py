"""Runs, their lease and pace, and the only way to write records."""
