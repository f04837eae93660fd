"""Runs, their lease and pace, and the one way records get into the tables."""
